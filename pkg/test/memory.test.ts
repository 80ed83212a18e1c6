/** The package in Node, by its own name: a store in memory, events, requests of the protocol. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChangeEvent, Creel, CreelError } from "creel";

const note = (n: number) => ({ type: "note", n });

test("a tree of threads is created, read, listed, archived and deleted", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await creel.threads.create({ name: "Fix the build", cwd: "/repo" });
  assert.deepEqual(await root.append([note(0), note(1)]), { first: 0, count: 2 });
  const child = await root.spawn({ agentNickname: "log reader" });
  const grandchild = await child.spawn();
  assert.deepEqual(
    (await root.children()).map(({ id }) => id),
    [child.id],
  );
  const below = (await root.descendants()).map(({ id }) => id);
  assert.deepEqual(below, [child.id, grandchild.id]);
  assert.equal((await child.setEdgeStatus("closed")).edgeStatus, "closed");

  const { data, nextCursor } = await creel.threads.list({ rootsOnly: true, limit: 10 });
  assert.deepEqual(
    [data.length, data[0]?.name, data[0]?.archivedAt, nextCursor],
    [1, "Fix the build", null, null],
  );
  const archived = await root.archive();
  assert.equal(archived[0], root.id);
  assert.equal(archived.length, 3);
  assert.equal((await creel.threads.list()).data.length, 0);
  assert.equal((await creel.threads.list({ archived: "archived" })).data.length, 3);
  await assert.rejects(root.append([note(2)]), { code: "thread_archived" });
  assert.equal((await root.unarchive()).length, 3);

  const plan = await root.planDelete();
  assert.deepEqual([plan.threads, plan.items, plan.members.at(-1)], [3, 2, root.id]);
  const receipt = await root.delete({ plan: plan.token });
  assert.equal(receipt.removed.threads, 3);
  assert.deepEqual(await creel.threads.receipt(root.id), receipt);
  assert.equal(await creel.threads.receipt("00000000-0000-4000-8000-000000000000"), undefined);
  assert.equal((await creel.stats()).threads, 0);
});

test("a history is read in pages, both ways, and one by one", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  await thread.append(Array.from({ length: 1234 }, (_, n) => note(n)));
  const seen = [];
  for await (const { seq } of thread.items({ limit: 100 })) seen.push(seq);
  assert.deepEqual(seen, [...Array(1234).keys()]);
  const last = await thread.page<{ n: number }>({ limit: 2, sortDirection: "desc" });
  assert.deepEqual(
    last.data.map(({ item }) => item.n),
    [1233, 1232],
  );
  assert.ok((last.data[0]?.at ?? 0) > 1e12);
  const from = await thread.page({ from: 1233 });
  assert.deepEqual([from.data.length, from.nextCursor], [1, null]);
});

test("a history is forked, cut back and popped", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create({ name: "source", cwd: "/home" });
  await thread.append(Array.from({ length: 20 }, (_, n) => note(n)));
  const cuts: number[] = [];
  creel.on("thread/reverted", ({ length }) => cuts.push(length));
  const fork = await thread.fork({ length: 15, name: "fork" });
  const { forkedFromId, name, cwd, items } = await fork.read();
  assert.deepEqual([forkedFromId, name, cwd, items], [thread.id, "fork", "/home", 15]);
  assert.equal((await thread.truncate(10)).items, 10);
  const popped = await fork.pop<{ n: number }>(2);
  assert.deepEqual(
    popped.map(({ seq, item }) => [seq, item.n]),
    [
      [13, 13],
      [14, 14],
    ],
  );
  assert.equal((await fork.pop()).length, 1);
  await assert.rejects(thread.truncate(11), { code: "out_of_range" });
  await assert.rejects(thread.pop(0), { code: "out_of_range" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(cuts, [10, 13, 12]);
  await thread.delete();
  await assert.rejects(thread.fork(), { code: "thread_deleted" });
  assert.equal((await fork.page()).data.length, 12);
});

test("a text of JSON lines is appended as it is", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  await thread.append('{"a":1}\n\n{"a":2}\n');
  await thread.append('[{"a":3}, {"a":4}]');
  const { data } = await thread.page<{ a: number }>();
  assert.deepEqual(
    data.map(({ item }) => item.a),
    [1, 2, 3, 4],
  );
});

test("events come in order, and a listener is removed once", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const changes: ChangeEvent[] = [];
  const names: (string | null)[] = [];
  creel.on("change", (event) => changes.push(event));
  const stop = creel.on("thread/name/updated", ({ threadName }) => names.push(threadName));
  const thread = await creel.threads.create();
  await thread.append([note(1)]);
  await thread.rename("one");
  await thread.update({ name: null });
  const told = new Promise((resolve) => creel.on("thread/deleted", resolve));
  await new Promise((resolve) => setTimeout(resolve, 5));
  stop();
  await thread.rename("two");
  await thread.delete({ children: "refuse" });
  assert.deepEqual(await told, { threadId: thread.id });
  assert.deepEqual(names, ["one", null]);
  const types = changes.map(({ type }) => type);
  assert.deepEqual(types.slice(0, 5), ["created", "appended", "renamed", "renamed", "renamed"]);
  const positions = changes.map(({ position }) => position);
  assert.deepEqual(
    positions,
    [...positions].sort((a, b) => a - b),
  );
});

test("a listener that throws is heard of as error and ends nothing", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const failure = new Error("mine");
  const error = new Promise((resolve) => creel.on("error", resolve));
  creel.on("thread/started", () => {
    throw failure;
  });
  await creel.threads.create();
  assert.equal(await error, failure);
});

test("request speaks the protocol", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { thread } = await creel.request<{ thread: { id: string } }>("thread/start", {
    cwd: "/repo",
  });
  await creel.request("thread/name/set", { threadId: thread.id, name: "Named" });
  await creel.request("thread/inject_items", { threadId: thread.id, items: [note(1)] });
  const { data } = await creel.request<{ data: { id: string; name: string }[] }>("thread/list");
  assert.deepEqual(
    data.map(({ id, name }) => [id, name]),
    [[thread.id, "Named"]],
  );
  await assert.rejects(creel.request("thread/fly"), (error: CreelError) => {
    assert.ok(error instanceof CreelError);
    assert.deepEqual([error.code, error.rpcCode], ["unknown_method", -32600]);
    return true;
  });
  await assert.rejects(creel.request("thread/read", { threadId: 7 }), CreelError);
  await assert.rejects(creel.request("thread/list", { limit: "many" }), /string "many"/);
});

test("a closed store refuses calls, and closes twice", async () => {
  const creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const appending = thread.append([note(1)]).catch(({ code }) => code);
  await creel.close();
  await creel.close();
  assert.ok(typeof (await appending) === "object" || (await appending) === "closed");
  await assert.rejects(thread.read(), { code: "closed" });
  await assert.rejects(creel.stats(), { code: "closed" });
});

test("waiting for a deletion can be given up, the deletion can't", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const controller = new AbortController();
  const erased = new Promise((resolve) => creel.on("deletion/erased", resolve));
  const deleting = thread.delete({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(deleting, { message: "enough" });
  await assert.rejects(thread.read(), { code: "thread_deleted" });
  await erased;
  assert.deepEqual(await creel.pendingDeletions(), []);
  await assert.rejects(thread.delete({ signal: controller.signal }), { message: "enough" });
});
