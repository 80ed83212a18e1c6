/** Live objects in a real browser: two tabs follow one store, and a tab that is killed leaves its draft. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

declare global {
  /** What a tab follows, for its later steps. */
  var live: {
    list: import("creel").LiveThreads;
    items: import("creel").LiveItems<{ text?: string; n?: number }>;
    told: number;
  };
}

let server: StaticServer;

before(async () => {
  server = await servePackage();
});

after(() => server.stop());

/** Follows the list and one thread in a tab. */
async function follow(tab: Awaited<ReturnType<typeof openTab>>, name: string, id: string) {
  await tab.evaluate(
    async ([name, id]) => {
      globalThis.store = await creel.Creel.open({ name });
      const list = store.live.threads({ sortKey: "updatedAt" });
      const items = store.live.items<{ text?: string; n?: number }>(id);
      globalThis.live = { list, items, told: 0 };
      list.subscribe(() => undefined);
      items.subscribe(() => {
        live.told += 1;
      });
      await Promise.all([list.ready(), items.ready()]);
    },
    [name, id] as const,
  );
}

test("what one tab does shows in the other, and what a killed tab was writing is kept", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const writer = await openTab(browser, server.address);
  const id = await writer.evaluate(async () => {
    const store = await creel.Creel.open({ name: "live" });
    const { id } = await store.threads.create({ name: "Fix the build" });
    await store.close();
    return id;
  });
  await follow(writer, "live", id);
  const reader = await openTab(browser, server.address);
  await follow(reader, "live", id);

  await writer.evaluate((id) => store.threads.append(id, [{ n: 0 }, { n: 1 }]), id);
  await reader.waitForFunction(() => live.items.getSnapshot().items.length === 2);
  await reader.evaluate((id) => store.threads.rename(id, "Fixed"), id);
  await writer.waitForFunction(() => live.list.getSnapshot().threads[0]?.name === "Fixed");
  await writer.evaluate((id) => {
    const stream = store.threads.stream(id, { text: "" }, { keepEvery: 50 });
    setInterval(() => stream.append("token "), 5);
  }, id);
  // It grows in the other tab too, as often as it is kept.
  await reader.waitForFunction(() => {
    const last = live.items.getSnapshot().items.at(-1);
    return last?.draft === "kept" && (last.item.text ?? "").length > 100;
  });
  assert.equal(
    await writer.evaluate(() => live.items.getSnapshot().items.at(-1)?.draft),
    "writing",
  );

  // The last kept text outlives the renderer; what came after it does not.
  const kept = await reader.evaluate(
    () => live.items.getSnapshot().items.at(-1)?.item.text?.length,
  );
  const kill = await browser.doom(writer);
  await kill();
  const heir = await openTab(browser, server.address);
  await follow(heir, "live", id);
  const found = await heir.evaluate(() => live.items.getSnapshot().items.at(-1));
  assert.equal(found?.draft, "kept");
  assert.ok((found?.item.text?.length ?? 0) >= (kept ?? 1));
  const finished = await heir.evaluate(async (id) => {
    const [draft] = await store.threads.drafts(id);
    if (!draft) throw new Error("there is no draft");
    await store.threads.stream(id, draft.item, { draft: draft.id }).finish();
    await live.items.refresh();
    return live.items.getSnapshot().items.map(({ seq, draft }) => [seq, draft ?? null]);
  }, id);
  assert.deepEqual(finished, [
    [0, null],
    [1, null],
    [2, null],
  ]);

  const { deletion } = await heir.evaluate(
    (id) => store.threads.delete(id, { grace: 3_600_000 }),
    id,
  );
  await heir.waitForFunction(() => live.items.getSnapshot().status === "deleted");
  assert.equal(await heir.evaluate(() => live.list.getSnapshot().threads.length), 0);
  await heir.evaluate((deletion) => store.undelete(deletion), deletion);
  await heir.waitForFunction(() => live.items.getSnapshot().items.length === 3);
});

test("a stream takes far more deltas than a model gives, and frames stay frames", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const tab = await openTab(browser, server.address);
  const id = await tab.evaluate(async () => {
    const store = await creel.Creel.open({ name: "fast" });
    const thread = await store.threads.create();
    await thread.append(Array.from({ length: 1_000 }, (_, n) => ({ n })));
    await store.close();
    return thread.id;
  });
  await follow(tab, "fast", id);
  const measured = await tab.evaluate(async (id) => {
    for (let n = 0; n < 19; n += 1) await live.items.loadOlder();
    const { position } = await store.stats();
    live.told = 0;
    const stream = store.threads.stream(id, { text: "" });
    const begun = performance.now();
    let deltas = 0;
    // Half a second of as many deltas as there is time for, in tasks of 2 ms.
    while (performance.now() - begun < 500) {
      const task = performance.now();
      for (; performance.now() - task < 2; deltas += 1) stream.append("token ");
      await new Promise((resolve) => setTimeout(resolve));
    }
    const took = performance.now() - begun;
    await stream.finish();
    const entries = (await store.stats()).position - position;
    const shown = live.items.getSnapshot().items.length;
    const perSecond = Math.round((deltas / took) * 1_000);
    return { deltas, perSecond, told: live.told, entries, shown };
  }, id);
  console.log(`${measured.perSecond} deltas/s, ${measured.told} notifications over 1,001 items`);
  assert.ok(measured.deltas > 1_000, `${measured.deltas} deltas`);
  assert.ok(measured.told < 60, `${measured.told} notifications`);
  assert.ok(measured.entries <= 3, `${measured.entries} commits`);
  assert.ok(measured.shown >= 1_000);
});
