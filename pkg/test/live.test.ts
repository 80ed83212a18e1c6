/** Live objects: what they show, what they read for it, and what they let go of. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Creel, type LiveObject, type LiveState } from "creel";
import { MapHost } from "./map-host.js";

const note = (n: number) => ({ type: "note", n });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a live object shows what is expected; fails with what it shows after five seconds. */
async function shows<S extends LiveState>(
  live: LiveObject<S>,
  expected: (snapshot: S) => boolean,
): Promise<S> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (expected(live.getSnapshot())) return live.getSnapshot();
    await sleep(10);
  }
  throw new Error(`it shows ${JSON.stringify(live.getSnapshot()).slice(0, 2000)}`);
}

/** Listens until the test is over; counts the notifications. */
function follow(live: { subscribe(listener: () => void): () => void }) {
  const told = { times: 0, stop: () => {} };
  told.stop = live.subscribe(() => {
    told.times += 1;
  });
  return told;
}

test("a list follows what is created, named, archived, deleted and brought back", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const first = await creel.threads.create({ name: "first" });
  const list = creel.live.threads({ rootsOnly: true });
  assert.equal(list.getSnapshot().status, "loading");
  const told = follow(list);
  await list.ready();
  const names = () => list.getSnapshot().threads.map(({ name }) => name);
  assert.deepEqual([list.getSnapshot().status, names()], ["ready", ["first"]]);

  const second = await creel.threads.create({ name: "second" });
  await second.spawn({ name: "hidden" });
  await shows(list, () => names().length === 2);
  assert.deepEqual(names(), ["second", "first"]);
  const [, same] = list.getSnapshot().threads;
  await second.rename("renamed");
  await shows(list, () => names()[0] === "renamed");
  assert.equal(list.getSnapshot().threads[1], same);

  await first.archive();
  await shows(list, () => names().length === 1);
  await first.unarchive();
  await shows(list, () => names().length === 2);
  const receipt = await second.delete({ grace: 3_600_000 });
  await shows(list, () => names().length === 1);
  await creel.undelete(receipt.deletion);
  await shows(list, () => names().length === 2);
  const before = list.getSnapshot();
  told.stop();
  await first.append([note(0)]);
  assert.equal(creel.live.threads({ rootsOnly: true }), list);
  assert.equal(before.threads.length, 2);
});

test("an append renders the thread's own lists alone, and reads no list again", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const [a, b] = [await creel.threads.create(), await creel.threads.create()];
  await a.spawn({ name: "of a" });
  const ofB = await b.spawn({ name: "of b" });
  const lists = [a, b].map(({ id }) => creel.live.threads({ parentThreadId: id }));
  const items = [a, b].map(({ id }) => creel.live.items(id));
  const all = [...lists, ...items];
  const told = all.map(follow);
  await Promise.all(all.map((live) => live.ready()));
  await sleep(50);
  const before = all.map((live) => live.getSnapshot());
  for (const one of told) one.times = 0;
  const { list } = creel.threads;
  let listed = 0;
  creel.threads.list = (query) => {
    listed += 1;
    return list.call(creel.threads, query);
  };
  for (let n = 0; n < 100; n += 1) await a.append([note(n)]);
  await shows(items[0] as (typeof items)[0], ({ items }) => items.length === 100);
  await ofB.append([note(0)]);
  await shows(lists[1] as (typeof lists)[0], ({ threads }) => threads[0]?.items === 1);
  await shows(lists[1] as (typeof lists)[0], () => told[1]?.times === 1);
  assert.equal(listed, 0);
  assert.deepEqual(
    all.map((live, index) => live.getSnapshot() === before[index]),
    [true, false, false, true],
  );
  // Bursts are few notifications.
  const times = told.map((one) => one.times);
  assert.deepEqual([times[0], times[1], times[3]], [0, 1, 0]);
  assert.ok((times[2] ?? 0) > 0 && (times[2] ?? 0) <= 50, `${times[2]} notifications`);
  for (const one of told) one.stop();
});

test("a list is read page by page, and stays as long as it was", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  for (let n = 0; n < 25; n += 1) await creel.threads.create({ name: `${n}` });
  const list = creel.live.threads({ limit: 10, sortDirection: "asc" });
  const told = follow(list);
  await list.ready();
  const count = () => list.getSnapshot().threads.length;
  assert.deepEqual([count(), list.getSnapshot().hasMore], [10, true]);
  const [head] = list.getSnapshot().threads;
  await Promise.all([list.loadMore(), list.loadMore()]);
  assert.deepEqual([count(), list.getSnapshot().hasMore], [20, true]);
  assert.equal(list.getSnapshot().threads[0], head);
  const gone = list.getSnapshot().threads[3]?.id ?? "";
  await creel.threads.delete(gone);
  await shows(list, ({ threads }) => threads.every(({ id }) => id !== gone) && count() === 20);
  await list.loadMore();
  assert.deepEqual([count(), list.getSnapshot().hasMore], [24, false]);
  await list.loadMore();
  await sleep(2);
  await creel.threads.create({ name: "new" });
  await shows(list, ({ threads }) => threads.at(-1)?.name === "new");
  assert.equal(count(), 25);
  told.stop();
});

test("a list by time of change brings what is appended to its top", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const threads = [];
  for (let n = 0; n < 12; n += 1) threads.push(await creel.threads.create({ name: `${n}` }));
  const list = creel.live.threads({ limit: 5, sortKey: "updatedAt" });
  const told = follow(list);
  await list.ready();
  await sleep(5);
  await threads[0]?.append([note(0)]);
  await shows(list, ({ threads }) => threads[0]?.name === "0" && threads[0].items === 1);
  await threads[0]?.append([note(1)]);
  await shows(list, ({ threads }) => threads[0]?.items === 2);
  const found = creel.live.threads({ searchTerm: "linker" });
  const also = follow(found);
  await found.ready();
  await threads[3]?.append([{ role: "user", content: "the linker crashes" }]);
  await shows(found, ({ threads }) => threads.length === 1);
  told.stop();
  also.stop();
});

test("items: the newest page first, older ones on demand, the tail by itself", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  await thread.append(Array.from({ length: 130 }, (_, n) => note(n)));
  const live = creel.live.items<{ n: number }>(thread.id, { limit: 50 });
  const told = follow(live);
  await live.ready();
  const numbers = () => live.getSnapshot().items.map(({ item }) => item.n);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
  assert.deepEqual([numbers(), live.getSnapshot().hasOlder], [range(80, 130), true]);
  const last = live.getSnapshot().items.at(-1);
  await Promise.all([live.loadOlder(), live.loadOlder(), thread.append([note(130)])]);
  await shows(live, ({ items }) => items.at(-1)?.seq === 130);
  assert.deepEqual(numbers(), range(30, 131));
  assert.equal(live.getSnapshot().items.at(-2), last);
  await live.loadOlder();
  assert.deepEqual([numbers(), live.getSnapshot().hasOlder], [range(0, 131), false]);
  const keys = new Set(live.getSnapshot().items.map(({ key }) => key));
  assert.equal(keys.size, 131);

  // Cut back and written on: what has the numbers of the old items is not what they were.
  await Promise.all([thread.truncate(100), thread.append([note(-1)])]);
  await shows(live, ({ items }) => items.length === 101);
  assert.deepEqual(numbers(), [...range(0, 100), -1]);
  await thread.truncate(0);
  await shows(live, ({ items }) => items.length === 0);
  assert.equal(live.getSnapshot().status, "ready");
  await thread.append(Array.from({ length: 9_000 }, (_, n) => note(n)));
  await shows(live, ({ items }) => items.at(-1)?.seq === 8_999);
  assert.deepEqual([live.getSnapshot().items.length, live.getSnapshot().hasOlder], [50, true]);
  told.stop();
});

test("a deleted thread shows nothing at once, and everything again when it is undone", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await creel.threads.create();
  const child = await root.spawn();
  await child.append([note(0)]);
  const [thread, items] = [creel.live.thread(child.id), creel.live.items(child.id)];
  const told = [follow(thread), follow(items)];
  await Promise.all([thread.ready(), items.ready()]);
  assert.equal(thread.getSnapshot().thread?.items, 1);
  const { deletion } = await root.delete({ grace: 3_600_000 });
  await shows(items, ({ status }) => status === "deleted");
  assert.deepEqual(
    [thread.getSnapshot().status, thread.getSnapshot().thread],
    ["deleted", undefined],
  );
  assert.deepEqual(items.getSnapshot().items, []);
  await creel.undelete(deletion);
  await shows(items, ({ items }) => items.length === 1);
  await shows(thread, ({ thread }) => thread?.items === 1);
  await root.delete();
  await shows(thread, ({ status }) => status === "deleted");
  const late = creel.live.thread(child.id);
  await late.ready();
  assert.equal(late.getSnapshot().status, "deleted");
  assert.equal(creel.live.thread(child.id.toUpperCase().replaceAll("-", "")), late);
  const unknown = creel.live.thread("00000000-0000-4000-8000-000000000000");
  await unknown.ready();
  assert.equal(unknown.getSnapshot().error?.code, "thread_not_found");
  for (const one of told) one.stop();
});

test("what other instances do is followed too", async () => {
  const host = new MapHost();
  await using one = await Creel.open({ storage: host.open() });
  await using other = await Creel.open({ storage: host.open() });
  const thread = await one.threads.create({ name: "ours" });
  await other.refresh();
  const [list, items] = [other.live.threads(), other.live.items(thread.id)];
  const told = [follow(list), follow(items)];
  await Promise.all([list.ready(), items.ready()]);
  await thread.append([note(7)]);
  const stream = thread.stream({ type: "agentMessage", text: "" });
  stream.append("grow");
  await stream.keep();
  await other.refresh();
  await shows(items, ({ items }) => items.length === 2);
  assert.deepEqual(items.getSnapshot().items.at(-1)?.item, { type: "agentMessage", text: "grow" });
  assert.equal(items.getSnapshot().items.at(-1)?.draft, "kept");
  await stream.finish();
  await items.refresh();
  assert.deepEqual(
    items.getSnapshot().items.map(({ seq }) => seq),
    [0, 1],
  );
  await thread.delete();
  await list.refresh();
  assert.deepEqual(list.getSnapshot().threads, []);
  await shows(items, ({ status }) => status === "deleted");
  for (const one of told) one.stop();
});

test("failures are in the snapshot, what was read stays, and it is tried again", async () => {
  const host = new MapHost();
  const creel = await Creel.open({ storage: host.open() });
  const thread = await creel.threads.create();
  await thread.append(
    Array.from({ length: 3_000 }, (_, n) => ({ ...note(n), pad: "x".repeat(100) })),
  );
  const bad = creel.live.threads({ limit: 0 });
  const items = creel.live.items(thread.id);
  const told = [follow(bad), follow(items)];
  await Promise.all([bad.ready(), items.ready()]);
  assert.deepEqual(
    [bad.getSnapshot().status, bad.getSnapshot().error?.code],
    ["error", "out_of_range"],
  );
  assert.equal(items.getSnapshot().items.length, 50);
  host.fail = true;
  await items.loadOlder();
  const { status, error, items: kept, loadingOlder } = items.getSnapshot();
  assert.deepEqual([status, error?.code, kept.length], ["error", "storage_unavailable", 50]);
  assert.equal(loadingOlder, false);
  host.fail = false;
  await shows(items, ({ status }) => status === "ready");
  assert.equal(items.getSnapshot().items.at(-1), kept.at(-1));

  await creel.close();
  await shows(items, ({ error }) => error?.code === "closed");
  assert.equal(items.getSnapshot().items.length, 50);
  const late = creel.live.threads();
  const stop = late.subscribe(() => undefined);
  await late.ready();
  assert.equal(late.getSnapshot().error?.code, "closed");
  stop();
  for (const one of told) one.stop();
});

test("what nobody listens to is let go, but not at once", async (t) => {
  await using creel = await Creel.open({ storage: "memory" });
  await creel.threads.create();
  const list = creel.live.threads();
  const stop = list.subscribe(() => undefined);
  await list.ready();
  const before = list.getSnapshot();
  // As in strict mode.
  stop();
  const again = list.subscribe(() => undefined);
  assert.equal(list.getSnapshot(), before);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  again();
  again();
  t.mock.timers.tick(4_000);
  assert.equal(creel.live.threads(), list);
  assert.equal(list.getSnapshot(), before);
  t.mock.timers.tick(2_000);
  t.mock.timers.reset();
  assert.equal(list.getSnapshot().status, "loading");
  assert.notEqual(creel.live.threads(), list);
  // Whoever kept it may still listen to it.
  const late = list.subscribe(() => undefined);
  await list.ready();
  assert.equal(list.getSnapshot().threads.length, 1);
  late();
});
