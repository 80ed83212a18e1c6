/** The guide to migrating: old data of each kind comes in whole, once, and with its times. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Creel, ImportReport, Thread } from "creel";
import type { Dexie } from "dexie";
import { codeOf, openPage } from "./guide.js";

interface Guide {
  Creel: typeof Creel;
  Dexie: typeof Dexie;
  uuidOf(id: string): Promise<string>;
  fromLocalStorage(creel: Creel): Promise<ImportReport>;
  fromDexie(creel: Creel, db: Dexie): Promise<ImportReport>;
  fromBlob(creel: Creel, blob: Blob): Promise<ImportReport>;
}

declare const guide: Guide;

const page = async () =>
  openPage(`
    export { Creel } from "creel";
    export { Dexie } from "dexie";
    ${await codeOf("migrating")}
  `);

test("conversations of localStorage come in once, and those that were deleted stay deleted", async () => {
  await using opened = await page();
  const result = await opened.page.evaluate(async () => {
    const creel = await guide.Creel.open({ name: "migrated", wasm: "/creel.wasm" });
    const old = (title: string, count: number) =>
      JSON.stringify({
        title,
        messages: Array.from({ length: count }, (_, n) => ({
          role: n % 2 ? "assistant" : "user",
          text: `${title} ${n}`,
          time: new Date(1_700_000_000_000 + n * 1000).toISOString(),
        })),
      });
    const store = () => {
      localStorage.setItem("chat:1", old("Fix the build", 2_500));
      localStorage.setItem("chat:2", old("Empty", 0));
      localStorage.setItem("theme", "dark");
    };
    store();
    const first = await guide.fromLocalStorage(creel);
    const left = Object.keys(localStorage).filter((key) => !key.startsWith("creel:"));
    const id = await guide.uuidOf("chat:1");
    const thread = await creel.threads.read(id);
    const { data } = await creel.threads.items(id, { limit: 3 });
    store();
    const again = await guide.fromLocalStorage(creel);
    await creel.threads.delete(id);
    store();
    const deleted = await guide.fromLocalStorage(creel);
    const findings = (await creel.check()).findings.length;
    const stats = await creel.stats();
    await creel.close();
    return { first, left, thread, data, again, deleted, findings, threads: stats.threads };
  });
  assert.deepEqual([result.first.threads, result.first.items], [2, 2_500]);
  assert.deepEqual(result.left, ["theme"]);
  const { name, preview, createdAt, updatedAt, items } = result.thread as Thread;
  assert.deepEqual([name, preview, items], ["Fix the build", "Fix the build 0", 2_500]);
  assert.deepEqual([createdAt, updatedAt], [1_700_000_000_000, 1_700_000_000_000 + 2_499_000]);
  assert.deepEqual(result.data[1], {
    seq: 1,
    at: 1_700_000_001_000,
    item: { role: "assistant", content: "Fix the build 1" },
  });
  assert.deepEqual([result.again.threads, result.deleted.threads], [0, 0]);
  assert.deepEqual([result.findings, result.threads], [0, 1]);
});

test("trees of Dexie come in as trees, and its database goes when they are in", async () => {
  await using opened = await page();
  const result = await opened.page.evaluate(async () => {
    const creel = await guide.Creel.open({ name: "migrated", wasm: "/creel.wasm" });
    const db = new guide.Dexie("old");
    db.version(1).stores({
      conversations: "id, parentId",
      messages: "++id, conversationId",
    });
    const createdAt = 1_700_000_000_000;
    await db.table("conversations").bulkAdd([
      { id: "c1", title: "Fix the build", createdAt },
      { id: "c2", parentId: "c1", title: "Read the log", createdAt },
      { id: "c3", parentId: "c2", title: "Bisect", createdAt },
      { id: "c4", title: "Other", createdAt },
    ]);
    await db.table("messages").bulkAdd(
      ["c1", "c3", "c1", "c4", "c2"].map((conversationId, n) => ({
        conversationId,
        role: "user",
        content: `message ${n}`,
        sentAt: createdAt + 10 - n,
      })),
    );
    const report = await guide.fromDexie(creel, db);
    const root = await guide.uuidOf("c1");
    const below = (await creel.threads.descendants(root)).map(({ name }) => name);
    const { data } = await creel.threads.items(root);
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    await creel.close();
    return { report, below, said: data.map(({ item }) => item.content), databases };
  });
  assert.deepEqual([result.report.threads, result.report.items], [4, 5]);
  assert.deepEqual(result.below, ["Read the log", "Bisect"]);
  assert.deepEqual(result.said, ["message 2", "message 0"]);
  assert.ok(!result.databases.includes("old"));
});

test("a blob comes in, and one with a broken conversation says so", async () => {
  await using opened = await page();
  const result = await opened.page.evaluate(async () => {
    const creel = await guide.Creel.open({ name: "migrated", wasm: "/creel.wasm" });
    const blob = (...history: object[]) =>
      new Blob([JSON.stringify({ conversations: [{ id: "b1", title: "Old", history }] })]);
    const tool = { type: "toolCall", name: "read", timestamp: 1_700_000_001 };
    const said = { role: "user", content: "Hi", timestamp: 1_700_000_000 };
    const report = await guide.fromBlob(creel, blob(said, tool));
    const refused = await guide.fromBlob(creel, new Blob(["{"])).then(
      () => "none",
      (error) => error.name,
    );
    const { data } = await creel.threads.items(await guide.uuidOf("b1"));
    const long = { conversations: [{ id: "b2", title: "x".repeat(2_000), history: [said] }] };
    const broken = await guide.fromBlob(creel, new Blob([JSON.stringify(long)])).then(
      () => "none",
      (error) => error.message,
    );
    await creel.close();
    return { report, refused, broken, item: data[1] };
  });
  assert.deepEqual([result.report.threads, result.report.items], [1, 2]);
  assert.deepEqual(result.item, {
    seq: 1,
    at: 1_700_000_001_000,
    item: { type: "toolCall", name: "read" },
  });
  assert.equal(result.refused, "SyntaxError");
  assert.match(result.broken, /name/);
});
