/**
 * The core's conformance suite over hosts written in JavaScript, through the wasm bindings: the
 * package's IndexedDB host on both of Chromium's backends, and a host of one's own.
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
}

const PAGE = `<!doctype html><title>conformance</title><script type="module">
  import init, { runConformance } from "/testing/creel.js";
  import { IndexedDbHost } from "/creel/dist/indexeddb/index.js";
  import { MapHost } from "/pages/map-host.js";
  await init({ module_or_path: "/testing/creel_bg.wasm" });
  Object.assign(globalThis, { runConformance, IndexedDbHost, MapHost });
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
    t.diagnostic(`${lines.length} cases`);
    assert.equal(await browser.backend(), backend);
  });
}

test("a host of one's own conforms", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.open(server.address);
  await page.waitForFunction(() => globalThis.runConformance);
  const lines = await page.evaluate(() =>
    runConformance({ watch: true, open: async (name) => new MapHost(name) }),
  );
  assertConforms(lines);
});
