/**
 * The core's conformance suite over hosts written in JavaScript, through the wasm bindings, and the
 * package's own kit for such hosts: the IndexedDB host on both of Chromium's backends, and a host of
 * one's own.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { StorageHost } from "creel";
import { BACKENDS, Browser } from "./browser.js";
import { installedPackage, testingModule } from "./places.js";
import { StaticServer } from "./server.js";

declare global {
  var runConformance: (factory: {
    watch: boolean;
    open(name: string): Promise<StorageHost>;
  }) => Promise<string[]>;
  var IndexedDbHost: typeof import("creel/indexeddb").IndexedDbHost;
  var MapHost: new (name: string) => StorageHost;
  var hostConformance: typeof import("creel/testing").hostConformance;
}

const PAGE = `<!doctype html><title>conformance</title><script type="module">
  import init, { runConformance } from "/testing/creel.js";
  import { IndexedDbHost } from "/creel/dist/indexeddb/index.js";
  import { hostConformance } from "/creel/dist/testing/index.js";
  import { MapHost } from "/pages/map-host.js";
  await init({ module_or_path: "/testing/creel_bg.wasm" });
  Object.assign(globalThis, { runConformance, hostConformance, IndexedDbHost, MapHost });
</script>`;

let server: StaticServer;

before(async () => {
  const roots = {
    creel: installedPackage(),
    testing: testingModule(),
    pages: `${import.meta.dirname}/pages`,
  };
  server = await StaticServer.start(roots, { "/": PAGE });
});

after(() => server.stop());

function assertConforms(lines: string[]): void {
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("passed ")),
    [],
  );
  assert.ok(lines.length >= 40, `only ${lines.length} cases ran`);
}

for (const backend of BACKENDS) {
  test(`IndexedDB on ${backend} conforms`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    const page = await browser.open(server.address);
    await page.waitForFunction(() => globalThis.runConformance);
    const lines = await page.evaluate(() =>
      runConformance({ watch: true, open: (name) => IndexedDbHost.open(name) }),
    );
    assertConforms(lines);
    const kit = await page.evaluate(runKit, "IndexedDbHost" as const);
    assertConforms(kit);
    t.diagnostic(`${lines.length} cases of the core, ${kit.length} of the kit`);
    assert.equal(await browser.backend(), backend);
  });
}

test("IndexedDB that reads backwards by cursors alone conforms", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.open(server.address);
  await page.waitForFunction(() => globalThis.runConformance);
  const cursors = await page.evaluate(() => {
    // By which a browser is known that reads either way.
    Reflect.deleteProperty(IDBObjectStore.prototype, "getAllRecords");
    const { openCursor } = IDBObjectStore.prototype;
    const opened = { times: 0 };
    IDBObjectStore.prototype.openCursor = function (...given) {
      opened.times += 1;
      return openCursor.apply(this, given);
    };
    const open = (name: string) => IndexedDbHost.open(name);
    return runConformance({ watch: true, open }).then((lines) => ({ lines, ...opened }));
  });
  assertConforms(cursors.lines);
  assert.ok(cursors.times > 0, "nothing was read by a cursor");
});

test("a host of one's own conforms", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.open(server.address);
  await page.waitForFunction(() => globalThis.runConformance);
  const lines = await page.evaluate(() =>
    runConformance({ watch: true, open: async (name) => new MapHost(name) }),
  );
  assertConforms(lines);
  assertConforms(await page.evaluate(runKit, "MapHost" as const));
});

/** Runs the kit of `creel/testing` in the page; one line a case, as the core's suite has them. */
async function runKit(host: "IndexedDbHost" | "MapHost"): Promise<string[]> {
  const open = (name: string) =>
    host === "MapHost" ? new MapHost(name) : IndexedDbHost.open(name);
  const remove = (name: string) => {
    if (host === "IndexedDbHost") indexedDB.deleteDatabase(`creel:${name}`);
  };
  const lines: string[] = [];
  for (const { name, run } of hostConformance({ open, remove, watch: true })) {
    const failure = await run().catch((error: Error) => error);
    lines.push(failure ? `failed ${name}: ${failure.message}` : `passed ${name}`);
  }
  return lines;
}
