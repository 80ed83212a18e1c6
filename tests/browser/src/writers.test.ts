/**
 * Eight tabs that write to one store at once: appends, creates, renames, deletes, each of them eight
 * at a time. What they got answers to is exactly what is there at the end.
 *
 * CREEL_OPERATIONS says how many operations there are on each backend, in all tabs together.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BACKENDS, Browser } from "./browser.js";
import { waitForTheEnd } from "./crash-in-page.js";
import { openStore, openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";
import { readAll, write } from "./writers-in-page.js";

const OPERATIONS = Number(
  (process.env as { CREEL_OPERATIONS?: string }).CREEL_OPERATIONS ?? 20_000,
);
const WRITERS = [..."abcdefgh"];

let server: StaticServer;

before(async () => {
  server = await servePackage();
});

after(() => server.stop());

for (const backend of BACKENDS) {
  test(`on ${backend}, eight tabs do ${OPERATIONS} operations and lose or double nothing`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    const tabs = await Promise.all(WRITERS.map(() => openTab(browser, server.address)));
    for (const tab of tabs) await openStore(tab, "writers");
    const [first] = tabs;
    assert.ok(first);
    const created = await first.evaluate(() =>
      Promise.all(Array.from({ length: 48 }, async () => (await store.threads.create()).id)),
    );
    const [shared, doomed] = [created.slice(0, 8), created.slice(8)];
    for (const tab of tabs) await tab.evaluate(() => store.refresh());

    const started = performance.now();
    const done = await Promise.all(
      tabs.map((tab, n) => {
        const operations = OPERATIONS / WRITERS.length;
        return tab.evaluate(write, { writer: WRITERS[n] ?? "", operations, shared, doomed });
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    await Promise.all(tabs.map((tab) => tab.evaluate(waitForTheEnd, shared[0] ?? "")));

    const seen = await Promise.all(tabs.map((tab) => tab.evaluate(readAll)));
    for (const other of seen) assert.deepEqual(other, seen[0], "the tabs disagree");
    const all = seen[0] ?? {};
    const deleted = new Set(done.flatMap(({ deleted }) => deleted));
    const names = Object.assign({}, ...done.map(({ names }) => names));
    const staying = [...created.filter((id) => !deleted.has(id)), ...Object.keys(names)];
    assert.deepEqual(Object.keys(all).sort(), staying.sort());
    for (const [id, name] of Object.entries(names)) assert.equal(all[id]?.name, name);
    const expected = done
      .flatMap(({ appended }) => appended)
      .filter((line) => !deleted.has(line.split(" ")[0] ?? ""));
    const found = Object.values(all).flatMap(({ items }) => items);
    assert.deepEqual(found.sort(), expected.sort());

    const counts: Record<string, number> = {};
    for (const [name, count] of done.flatMap(({ counts }) => Object.entries(counts))) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    assert.equal(total, OPERATIONS);
    const rate = (OPERATIONS / seconds).toFixed(0);
    t.diagnostic(`${OPERATIONS} operations in ${seconds.toFixed(1)} s, ${rate} a second`);
    for (const [name, count] of Object.entries(counts)) t.diagnostic(`${count} times: ${name}`);
    t.diagnostic(
      `${deleted.size} threads deleted, ${found.length} items in ${staying.length} threads`,
    );
  });
}
