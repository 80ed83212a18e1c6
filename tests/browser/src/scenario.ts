/** What the tests of the package in the browser share: a server with it, and tabs that loaded it. */

import type { Page } from "playwright-core";
import type { Browser } from "./browser.js";
import { installedPackage, testingModule } from "./places.js";
import { StaticServer } from "./server.js";

declare global {
  /** The package, as a page imports it. */
  var creel: typeof import("creel");
  /** What a page keeps from one step of a test to the next. */
  var store: import("creel").Creel;
  var heard: [name: string, event: unknown][];
}

const page = (root: string) => `<!doctype html><title>Creel</title><link rel="icon" href="data:,">
<script type="module">
  import * as creel from "/${root}/dist/index.js";
  globalThis.creel = creel;
</script>`;

/** Serves the installed package at `/`, and at `/testing` the same with the module for tests. */
export function servePackage(): Promise<StaticServer> {
  const installed = installedPackage();
  return StaticServer.start(
    {
      creel: installed,
      "testing/dist": `${installed}/dist`,
      "testing/wasm": testingModule(),
      pages: `${import.meta.dirname}/pages`,
    },
    {
      "/": page("creel"),
      "/testing": page("testing"),
      "/frame": '<!doctype html><script type="module" src="/pages/bridge-user.js"></script>',
    },
  );
}

/** Opens a tab that has loaded the package. */
export async function openTab(browser: Browser, address: string): Promise<Page> {
  const tab = await browser.open(address);
  await loaded(tab);
  return tab;
}

/** Waits until a page has loaded the package, as after a reload. */
export async function loaded(tab: Page): Promise<void> {
  await tab.waitForFunction(() => globalThis.creel);
}

/** Opens the store `name` in a tab, which keeps it as `store` and every event in `heard`. */
export async function openStore(tab: Page, name: string): Promise<void> {
  await tab.evaluate(async (name) => {
    globalThis.store = await creel.Creel.open({ name });
    globalThis.heard = [];
    const names = [
      "thread/started",
      "thread/items/appended",
      "thread/name/updated",
      "thread/archived",
      "thread/unarchived",
      "thread/deleted",
      "deletion/erased",
    ] as const;
    for (const name of names) store.on(name, (event) => heard.push([name, event]));
  }, name);
}

/** Waits until a tab has heard an event, and returns the names of all it heard. */
export async function heardNames(tab: Page, last: string): Promise<string[]> {
  await tab.waitForFunction((last) => heard.some(([name]) => name === last), last, {
    timeout: 10_000,
  });
  return tab.evaluate(() => heard.map(([name]) => name));
}
