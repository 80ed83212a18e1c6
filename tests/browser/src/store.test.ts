/** A store in a real browser: it outlives the page and the process, and two tabs share it. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BACKENDS, Browser } from "./browser.js";
import { heardNames, loaded, openStore, openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

let server: StaticServer;

before(async () => {
  server = await servePackage();
});

after(() => server.stop());

for (const backend of BACKENDS) {
  test(`on ${backend}, a store outlives reload and restart until it is deleted`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    let tab = await openTab(browser, server.address);
    const id = await tab.evaluate(async () => {
      const store = await creel.Creel.open();
      const root = await store.threads.create({
        name: "Fix the build",
        metadata: { pinned: true },
      });
      const items = Array.from({ length: 1200 }, (_, n) => ({ type: "note", n }));
      await root.append(items);
      const child = await root.spawn({ agentNickname: "log reader" });
      await child.append('{"n":1.50,"n":2}\n{"big":12345678901234567890}');
      return root.id;
    });
    const read = (id: string) =>
      tab.evaluate(async (id) => {
        const store = await creel.Creel.open();
        const root = store.threads.open(id);
        const thread = await root.read();
        const numbers = [];
        for await (const { seq, item } of root.items<{ n: number }>()) numbers.push([seq, item.n]);
        const [child] = await root.children();
        const page = child && (await store.threads.items(child.id));
        await store.close();
        return { thread, numbers, child, page };
      }, id);
    const expected = Array.from({ length: 1200 }, (_, n) => [n, n]);
    for (const step of ["reload", "restart"] as const) {
      if (step === "reload") await tab.reload();
      else {
        await browser.restart();
        tab = await openTab(browser, server.address);
      }
      await loaded(tab);
      const { thread, numbers, child, page } = await read(id);
      assert.equal(thread.name, "Fix the build");
      assert.deepEqual(thread.metadata, { pinned: true });
      assert.equal(thread.parentThreadId, null);
      assert.deepEqual(numbers, expected, step);
      assert.equal(child?.agentNickname, "log reader");
      assert.deepEqual(
        page?.data.map(({ item }) => item),
        [{ n: 2 }, { big: Number("12345678901234567890") }],
      );
    }
    const deleted = await tab.evaluate(async (id) => {
      const store = await creel.Creel.open();
      const plan = await store.threads.planDelete(id);
      const progress: number[] = [];
      const receipt = await store.threads.delete(id, {
        plan: plan.token,
        onProgress: ({ erased }) => progress.push(erased),
      });
      const { data } = await store.threads.list({ archived: "all" });
      await store.close();
      return { plan, receipt, progress, left: data.length };
    }, id);
    assert.equal(deleted.plan.threads, 2);
    assert.equal(deleted.plan.items, 1202);
    assert.equal(deleted.receipt.members.at(-1), id);
    assert.notEqual(deleted.receipt.erasedAt, null);
    assert.equal(deleted.progress.at(-1), 2);
    assert.equal(deleted.left, 0);
    await browser.restart();
    tab = await openTab(browser, server.address);
    const left = await tab.evaluate(async (id) => {
      const store = await creel.Creel.open();
      const error = await store.threads.read(id).catch((error) => error);
      const { data } = await store.threads.list({ archived: "all" });
      return { code: error.code, threads: data.length };
    }, id);
    assert.deepEqual(left, { code: "thread_deleted", threads: 0 });
  });

  test(`on ${backend}, two tabs lose and double nothing`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    const tabs = [
      await openTab(browser, server.address),
      await openTab(browser, server.address),
    ] as const;
    for (const tab of tabs) await openStore(tab, "shared");
    const id = await tabs[0].evaluate(async () => (await store.threads.create()).id);
    await heardNames(tabs[1], "thread/started");
    const append = (tab: (typeof tabs)[number], writer: string) =>
      tab.evaluate(
        async ([id, writer]) => {
          const thread = store.threads.open(id);
          const firsts: number[] = [];
          // One by one, then 20 at a time.
          for (let n = 0; n < 60; n++) firsts.push((await thread.append([{ writer, n }])).first);
          for (let burst = 60; burst < 160; burst += 20) {
            const numbers = Array.from({ length: 20 }, (_, k) => burst + k);
            const appended = numbers.map((n) => thread.append([{ writer, n }]));
            firsts.push(...(await Promise.all(appended)).map(({ first }) => first));
          }
          return firsts;
        },
        [id, writer] as const,
      );
    const firsts = await Promise.all([append(tabs[0], "a"), append(tabs[1], "b")]);
    const all = firsts.flat().sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: 320 }, (_, n) => n),
    );
    const histories = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(async (id) => {
          await store.refresh();
          const lines: string[] = [];
          const items = store.threads.open(id).items<{ writer: string; n: number }>();
          for await (const { seq, item } of items) lines.push(`${seq} ${item.writer}${item.n}`);
          return lines;
        }, id),
      ),
    );
    assert.deepEqual(histories[0], histories[1]);
    const expected = (["a", "b"] as const).flatMap((writer, w) =>
      (firsts[w] ?? []).map((seq, n) => `${seq} ${writer}${n}`),
    );
    assert.deepEqual([...(histories[0] ?? [])].sort(), expected.sort());
  });
}

test("a tab hears of another tab's changes, in order", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const writer = await openTab(browser, server.address);
  const reader = await openTab(browser, server.address);
  for (const tab of [writer, reader]) await openStore(tab, "news");
  const id = await writer.evaluate(async () => {
    const root = await store.threads.create({ name: "Watched" });
    await root.append([{ type: "note" }]);
    await root.spawn();
    await root.rename("Renamed");
    await root.archive();
    await root.unarchive();
    await root.delete();
    return root.id;
  });
  await heardNames(reader, "deletion/erased");
  await heardNames(writer, "deletion/erased");
  const heardBy = (tab: typeof writer) =>
    tab.evaluate(() =>
      heard
        // The thread may be gone before this tab can read it, which leaves the event out.
        .filter(([name]) => name !== "thread/started")
        .map(([name, event]) => `${name} ${(event as { threadId?: string }).threadId ?? ""}`),
    );
  const events = await heardBy(reader);
  assert.deepEqual(events, await heardBy(writer));
  const names = events.map((event) => event.split(" ")[0]);
  assert.deepEqual(names, [
    "thread/items/appended",
    "thread/name/updated",
    "thread/archived",
    "thread/archived",
    "thread/unarchived",
    "thread/unarchived",
    "thread/deleted",
    "thread/deleted",
    "deletion/erased",
  ]);
  assert.equal(events.at(-2), `thread/deleted ${id}`);
  const seen = await reader.evaluate(async (id) => {
    const { data } = await store.threads.list({ archived: "all" });
    const error = await store.threads
      .open(id)
      .append([{}])
      .catch((error) => error);
    return { threads: data.length, code: error.code };
  }, id);
  assert.deepEqual(seen, { threads: 0, code: "thread_deleted" });
});

test("removing a store closes it in other tabs", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const keeper = await openTab(browser, server.address);
  const remover = await openTab(browser, server.address);
  await openStore(keeper, "gone");
  await keeper.evaluate(() => store.threads.create());
  const names = await remover.evaluate(async () => {
    const before = await creel.Creel.stores();
    await creel.Creel.destroy("gone");
    return [before, await creel.Creel.stores()];
  });
  assert.deepEqual(names, [["gone"], []]);
  const codes = await keeper.evaluate(async () => {
    const code = (error: { code: string }) => error.code;
    return [await store.threads.create().catch(code), await store.refresh().catch(code)];
  });
  assert.deepEqual(codes, ["closed", "closed"]);
  const threads = await remover.evaluate(async () => {
    const store = await creel.Creel.open({ name: "gone" });
    return (await store.threads.list()).data.length;
  });
  assert.equal(threads, 0);
});

test("a host of one's own keeps a store in the browser", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const tab = await openTab(browser, server.address);
  const result = await tab.evaluate(async () => {
    const address = "/pages/map-host.js";
    const { MapHost } = (await import(address)) as typeof import("./pages/map-host.js");
    const first = await creel.Creel.open({ storage: new MapHost("own") });
    const second = await creel.Creel.open({ storage: new MapHost("own") });
    const started = new Promise<string>((resolve) => {
      second.on("thread/started", ({ thread }) => resolve(thread.id));
    });
    const thread = await first.threads.create({ name: "Own" });
    const heard = (await started) === thread.id;
    await second.threads.append(thread.id, [{ n: 1 }]);
    await first.refresh();
    const { items } = await thread.read();
    await first.close();
    await second.close();
    const third = await creel.Creel.open({ storage: new MapHost("own") });
    return { heard, items, name: (await third.threads.read(thread.id)).name };
  });
  assert.deepEqual(result, { heard: true, items: 1, name: "Own" });
});
