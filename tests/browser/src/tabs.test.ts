/** Tabs that can't hear each other, and a tab that is frozen while others go on. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { BACKENDS, Browser } from "./browser.js";
import { openStore, openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

declare global {
  /** What a tab does on and on, until it is refused. */
  var appending: Promise<{ acknowledged: number; refused: string }>;
}

let server: StaticServer;

before(async () => {
  server = await servePackage();
});

after(() => server.stop());

/**
 * Freezes a tab at its next `debugger` statement: no script, timer or message of it runs. (What freezes
 * tabs in the background leaves those alone that a test has in its hands.)
 */
async function freezer(browser: Browser, tab: Page) {
  const devtools = await browser.context.newCDPSession(tab);
  await devtools.send("Debugger.enable");
  const frozen = new Promise<void>((resolve) => devtools.once("Debugger.paused", () => resolve()));
  return { frozen, thaw: () => devtools.send("Debugger.resume") };
}

function hears(tab: Page, name: string) {
  const found = (name: string) => heard.some(([one]) => one === name);
  return tab.waitForFunction(found, name, { timeout: 15_000 });
}

test("tabs without a channel hear of each other all the same, a little later", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  await browser.context.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "BroadcastChannel");
  });
  const [writer, reader] = [
    await openTab(browser, server.address),
    await openTab(browser, server.address),
  ];
  for (const tab of [writer, reader]) await openStore(tab, "silent");
  assert.equal(await reader.evaluate(() => typeof BroadcastChannel), "undefined");
  const id = await writer.evaluate(async () => (await store.threads.create()).id);
  // Nobody asks; a store that can't be told looks by itself.
  await hears(reader, "thread/started");
  await writer.evaluate((id) => store.threads.append(id, [{ n: 1 }]), id);
  await hears(reader, "thread/items/appended");
  await writer.evaluate((id) => store.threads.delete(id), id);
  await hears(reader, "thread/deleted");
  const code = await reader.evaluate(
    (id) => store.threads.append(id, [{}]).catch((error) => error.code),
    id,
  );
  assert.equal(code, "thread_deleted");
});

test("tabs without a channel write at once and lose nothing", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  await browser.context.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "BroadcastChannel");
  });
  const tabs = await Promise.all([1, 2, 3].map(() => openTab(browser, server.address)));
  for (const tab of tabs) await openStore(tab, "silent-writers");
  const id = await tabs[0]?.evaluate(async () => (await store.threads.create()).id);
  const appended = tabs.map((tab, writer) =>
    tab.evaluate(
      async ([id, writer]) => {
        await store.refresh();
        for (let n = 0; n < 40; n++) await store.threads.append(id, [{ writer, n }]);
      },
      [id ?? "", writer] as const,
    ),
  );
  await Promise.all(appended);
  const seen = await tabs[1]?.evaluate(async (id) => {
    await store.refresh();
    const lines: string[] = [];
    const items = store.threads.open(id).items<{ writer: number; n: number }>();
    for await (const { item } of items) lines.push(`${item.writer} ${item.n}`);
    return lines.sort();
  }, id ?? "");
  const expected = [0, 1, 2].flatMap((writer) =>
    Array.from({ length: 40 }, (_, n) => `${writer} ${n}`),
  );
  assert.deepEqual(seen, expected.sort());
});

for (const backend of BACKENDS) {
  test(`on ${backend}, a frozen tab that wakes is refused where it is stale, and catches up`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    const sleeper = await openTab(browser, server.address);
    const other = await openTab(browser, server.address);
    for (const tab of [sleeper, other]) await openStore(tab, "frozen");
    const [doomed, kept] = await other.evaluate(async () => [
      (await store.threads.create({ name: "Doomed" })).id,
      (await store.threads.create({ name: "Kept" })).id,
    ]);
    assert.ok(doomed && kept);
    const { frozen, thaw } = await freezer(browser, sleeper);
    await sleeper.evaluate((id) => {
      globalThis.appending = (async () => {
        for (let acknowledged = 0; ; acknowledged++) {
          // biome-ignore lint/suspicious/noDebugger: it is where the tab freezes.
          if (acknowledged === 20) debugger;
          try {
            await store.threads.append(id, [{ n: acknowledged }]);
          } catch (error) {
            return { acknowledged, refused: (error as { code: string }).code };
          }
        }
      })();
    }, doomed);
    await frozen;
    // Long enough that the journal which the sleeper knows is trimmed.
    const meanwhile = await other.evaluate(
      async ([doomed, kept]) => {
        await store.refresh();
        const { items } = await store.threads.read(doomed);
        for (let n = 0; n < 1200; n++) await store.threads.append(kept, [{ n }]);
        await store.threads.delete(doomed);
        await store.threads.create({ name: "Fresh" });
        return items;
      },
      [doomed, kept] as const,
    );
    assert.equal(meanwhile, 20);
    await thaw();
    const woken = await sleeper.evaluate(() => appending);
    assert.deepEqual(woken, { acknowledged: 20, refused: "thread_deleted" });
    await hears(sleeper, "thread/deleted");
    const found = await sleeper.evaluate(async () => {
      const { data } = await store.threads.list({ archived: "all" });
      const { findings } = await store.check();
      const names = data.map(({ name, items }) => `${name} ${items}`).sort();
      return { names, findings };
    });
    assert.deepEqual(found, { names: ["Fresh 0", "Kept 1200"], findings: [] });
    const appended = await sleeper.evaluate(async (id) => {
      return (await store.threads.append(id, [{ n: "from the sleeper" }])).first;
    }, kept);
    assert.equal(appended, 1200);
  });
}

test("a tab that was told nothing looks when it wakes", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const [writer, reader] = [
    await openTab(browser, server.address),
    await openTab(browser, server.address),
  ];
  for (const tab of [writer, reader]) await openStore(tab, "untold");
  await writer.evaluate(() => {
    BroadcastChannel.prototype.postMessage = () => undefined;
  });
  for (const wake of ["visibilitychange", "resume", "pageshow"]) {
    await writer.evaluate((name) => store.threads.create({ name }), wake);
    const told = await reader.evaluate(async (wake) => {
      const names = () =>
        heard.map(([, event]) => (event as { thread: { name: string } }).thread.name);
      const before = names().includes(wake);
      if (wake === "pageshow") dispatchEvent(new PageTransitionEvent(wake, { persisted: true }));
      else document.dispatchEvent(new Event(wake));
      for (let n = 0; n < 200 && !names().includes(wake); n++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return [before, names().includes(wake)];
    }, wake);
    assert.deepEqual(told, [false, true], wake);
  }
});

test("a frozen tab keeps a store from being removed, until it wakes", async (t) => {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const sleeper = await openTab(browser, server.address);
  const other = await openTab(browser, server.address);
  await openStore(sleeper, "held");
  await sleeper.evaluate(() => store.threads.create());
  const { frozen, thaw } = await freezer(browser, sleeper);
  await sleeper.evaluate(() => {
    setTimeout(() => {
      // biome-ignore lint/suspicious/noDebugger: it is where the tab freezes.
      debugger;
    });
  });
  await frozen;
  const code = await other.evaluate(() =>
    creel.Creel.destroy("held").then(
      () => "removed",
      ({ code }) => code,
    ),
  );
  assert.equal(code, "blocked");
  await thaw();
  await other.waitForFunction(async () => (await creel.Creel.stores()).length === 0);
  const refused = await sleeper.evaluate(() => store.threads.create().catch(({ code }) => code));
  assert.equal(refused, "closed");
});
