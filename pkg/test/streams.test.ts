/** Items that are being written: growing in view, kept as drafts, one item of the history at the end. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Creel, CreelError } from "creel";
import { MapHost } from "./map-host.js";

interface Message {
  content?: string;
  model?: string;
  text?: string;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await sleep(5);
  assert.ok(holds());
}

test("a stream grows in view at once, and is one item of the history when it is finished", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  await thread.append([{ role: "user", content: "Why is CI red?" }]);
  const live = creel.live.items<Message>(thread.id);
  const views: string[][] = [];
  const stop = live.subscribe(() => {
    views.push(live.getSnapshot().items.map(({ key, seq }) => `${key}=${seq}`));
  });
  await live.ready();
  const [question] = live.getSnapshot().items;
  const stream = thread.stream<{ role: string; content: string; model?: string }>(
    { role: "assistant", content: "" },
    { field: "content" },
  );
  stream.append("The linker ");
  await until(() => live.getSnapshot().items.length === 2);
  const growing = live.getSnapshot().items[1];
  assert.deepEqual(
    [growing?.draft, growing?.seq, growing?.item.content],
    ["writing", null, "The linker "],
  );
  stream.append("crashes.");
  stream.update((item) => ({ ...item, model: "small" }));
  await until(() => live.getSnapshot().items[1]?.item.model === "small");
  assert.equal((await thread.read()).items, 1);
  // What is appended meanwhile comes before it.
  await thread.append([{ type: "toolCall" }]);
  await until(() => live.getSnapshot().items.length === 3);
  assert.equal(live.getSnapshot().items[0], question);
  assert.deepEqual(await stream.finish(), { first: 2, count: 1 });
  assert.deepEqual([stream.status, stream.seq], ["finished", 2]);
  await until(() => live.getSnapshot().items[2]?.draft === undefined);
  const done = live.getSnapshot().items[2];
  assert.deepEqual(
    [done?.key, done?.seq, done?.item],
    [growing?.key, 2, { role: "assistant", content: "The linker crashes.", model: "small" }],
  );
  // It was never there twice, and never missing.
  const lengths = views.map((view) => view.length);
  assert.deepEqual(lengths, [...lengths].sort());
  assert.ok(
    views.every((view) => new Set(view.map((one) => one.split("=")[0])).size === view.length),
  );
  assert.deepEqual(await thread.drafts(), []);
  assert.throws(() => stream.append("more"), { code: "closed" });
  assert.deepEqual(await stream.finish(), { first: 2, count: 1 });
  stop();
});

test("a crash leaves the draft as it was last kept, which another page finishes or discards", async () => {
  const host = new MapHost();
  const storage = host.open();
  const lost = await Creel.open({ storage });
  const { id } = await lost.threads.create();
  const first = lost.threads.stream(id, { type: "agentMessage", text: "" }, { keepEvery: 20 });
  const second = lost.threads.stream(id, { type: "agentMessage", text: "b" });
  first.append("kept");
  await until(() => first.error === undefined && host.reads >= 0);
  await sleep(100);
  await second.keep();
  // The page is gone without a word: nothing of it is closed, and nothing that it does is stored.
  storage.commit = () => Promise.reject(new CreelError("closed", "the page is gone"));
  first.append(" and lost");
  await using creel = await Creel.open({ storage: host.open() });
  const live = creel.live.items<Message>(id);
  const stop = live.subscribe(() => undefined);
  await live.ready();
  const items = live.getSnapshot().items;
  assert.deepEqual(
    items.map(({ item, draft }) => [item.text, draft]),
    [
      ["kept", "kept"],
      ["b", "kept"],
    ],
  );
  const [draft] = await creel.threads.drafts(id);
  assert.ok(draft);
  assert.equal(draft.id, first.id);
  const stream = creel.threads.stream(id, draft.item, { draft: draft.id });
  stream.append(" on");
  await until(() => live.getSnapshot().items.some(({ draft }) => draft === "writing"));
  assert.equal(live.getSnapshot().items.length, 2);
  await stream.finish();
  await creel.threads.stream(id, {}, { draft: second.id }).discard();
  await until(() => live.getSnapshot().items.length === 1);
  assert.deepEqual(live.getSnapshot().items[0]?.item, { type: "agentMessage", text: "kept on" });
  assert.equal((await creel.threads.read(id)).items, 1);
  // Nobody finishes it twice.
  const late = creel.threads.stream(id, { text: "late" }, { draft: first.id });
  await assert.rejects(late.finish(), { code: "invalid_field" });
  assert.equal((await creel.threads.read(id)).items, 1);
  stop();
  second.discard().catch(() => undefined);
  await lost.close().catch(() => undefined);
});

test("closing keeps what is being written", async () => {
  const host = new MapHost();
  const creel = await Creel.open({ storage: host.open() });
  const thread = await creel.threads.create();
  thread.stream({ text: "" }).append("almost done");
  await creel.close();
  await using again = await Creel.open({ storage: host.open() });
  const drafts = await again.threads.drafts(thread.id);
  assert.deepEqual(
    drafts.map(({ item }) => item),
    [{ text: "almost done" }],
  );
  assert.ok((drafts[0]?.at ?? 0) > 1e12);
});

test("a stream that can't be finished stays open, and a deleted thread takes its drafts along", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const stream = thread.stream({ text: "a" });
  await stream.keep();
  stream.append("b");
  await stream.keep();
  await thread.archive();
  await assert.rejects(stream.finish(), { code: "thread_archived" });
  assert.equal(stream.status, "open");
  await thread.unarchive();
  stream.append("c");
  await stream.finish();
  const page = await thread.page();
  assert.deepEqual(page.data[0]?.item, { text: "abc" });

  const other = thread.stream({ text: "x" });
  await other.keep();
  const receipt = await thread.delete();
  assert.equal(receipt.removed.documents, 1);
  other.append("y");
  await assert.rejects(other.keep(), { code: "thread_deleted" });
  await assert.rejects(other.finish(), { code: "thread_deleted" });
});

test("a draft that is too large is not kept, and finished all the same", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const stream = thread.stream({ text: "" });
  stream.append("x".repeat(300_000));
  await assert.rejects(stream.keep(), { code: "too_large" });
  assert.equal(stream.error?.code, "too_large");
  await stream.finish();
  assert.ok((await thread.read()).bytes > 300_000);
});

test("ten thousand deltas are few notifications and one item", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  await thread.append(Array.from({ length: 1_000 }, (_, n) => ({ type: "note", n })));
  const live = creel.live.items<Message>(thread.id, { limit: 1_000 });
  let told = 0;
  const stop = live.subscribe(() => {
    told += 1;
  });
  await live.ready();
  const stream = thread.stream({ type: "agentMessage", text: "" });
  const { position } = await creel.stats();
  for (let n = 0; n < 10_000; n += 1) {
    stream.append("token ");
    if (n % 100 === 0) await sleep(0);
  }
  await stream.finish();
  assert.ok(told < 100, `${told} notifications`);
  assert.ok((await creel.stats()).position - position <= 4);
  await until(() => live.getSnapshot().items.at(-1)?.seq === 1_000);
  assert.equal(live.getSnapshot().items.at(-1)?.item.text?.length, 60_000);
  stop();
});
