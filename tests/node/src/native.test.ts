/** One store in JavaScript and in the native program at the same time. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Creel } from "creel";
import { SqliteHost } from "creel/node";
import { creel as run, serve } from "./native.js";
import { BINARY, place, refused } from "./places.js";

const needs = { skip: BINARY ? false : "CREEL names no creel binary" };

async function open(t: TestContext, path: string): Promise<Creel> {
  const creel = await Creel.open({ storage: await SqliteHost.open(path) });
  t.after(() => creel.close());
  return creel;
}

function heard<T>(listen: (hear: (event: T) => void) => unknown): Promise<T> {
  return new Promise((resolve) => listen(resolve));
}

test("each reads and changes what the other has written", needs, async (t) => {
  const path = place(t);
  const first = await open(t, path);
  const root = await first.threads.create({ name: "From JavaScript", cwd: "/work" });
  const items = Array.from({ length: 500 }, (_, n) => ({ n, text: "ä".repeat(n) }));
  await root.append(items);
  const child = await root.spawn({ agentNickname: "log reader" });
  await first.close();

  const report = run<{ findings: unknown[]; threads: number; items: number }>(path, "doctor");
  assert.deepEqual([report.findings, report.threads, report.items], [[], 2, 500]);
  const { client, end } = await serve(t, path);
  const { thread } = await client.request<{ thread: { name: string; id: string } }>("thread/read", {
    threadId: root.id,
  });
  assert.equal(thread.name, "From JavaScript");
  await client.request("thread/name/set", { threadId: child.id, name: "Renamed natively" });
  const append = { threadId: child.id, items: [{ text: "native" }] };
  await client.request("creel/items/append", append);
  await end();

  const again = await open(t, path);
  const named = await again.threads.read(child.id);
  assert.deepEqual(
    [named.name, named.items, named.parentThreadId],
    ["Renamed natively", 1, root.id],
  );
  const found: unknown[] = [];
  for await (const { item } of again.threads.open(root.id).items()) found.push(item);
  assert.deepEqual(found, items);
  assert.deepEqual((await again.check()).findings, []);
});

test("both write at once, and nothing is lost or doubled", needs, async (t) => {
  const path = place(t);
  const [one, two] = [await open(t, path), await open(t, path)];
  const { client, end } = await serve(t, path);
  const { id } = await one.threads.create({ name: "Shared" });
  const writers: Record<string, (item: object) => Promise<unknown>> = {
    one: (item) => one.threads.append(id, [item]),
    two: (item) => two.threads.append(id, [item]),
    native: (item) => client.request("creel/items/append", { threadId: id, items: [item] }),
  };
  const expected: string[] = [];
  const writing = Object.entries(writers).map(async ([writer, append]) => {
    // One by one, then ten at a time.
    for (let n = 0; n < 60; n++) await append({ writer, n });
    const rest = Array.from({ length: 100 }, (_, n) => 60 + n);
    while (rest.length > 0) {
      await Promise.all(rest.splice(0, 10).map((n) => append({ writer, n })));
    }
    for (let n = 0; n < 160; n++) expected.push(`${writer} ${n}`);
  });
  await Promise.all(writing);
  const read = async (creel: Creel) => {
    await creel.refresh();
    const found: string[] = [];
    const items = creel.threads.open(id).items<{ writer: string; n: number }>();
    for await (const { seq, item } of items) found[seq] = `${item.writer} ${item.n}`;
    return found;
  };
  const [byOne, byTwo] = [await read(one), await read(two)];
  assert.deepEqual(byOne, byTwo);
  assert.deepEqual([...byOne].sort(), expected.sort());
  await end();
  const report = run<{ findings: unknown[]; items: number }>(path, "doctor");
  assert.deepEqual([report.findings, report.items], [[], 480]);
});

test(
  "each hears of the other's changes, and neither brings back what is deleted",
  needs,
  async (t) => {
    const path = place(t);
    const creel = await open(t, path);
    const { client, end } = await serve(t, path);
    const [byNative, byNode] = [await creel.threads.create(), await creel.threads.create()];
    await client.request("thread/list");

    const told = heard<{ threadId: string }>((hear) => creel.on("thread/deleted", hear));
    await client.request("thread/delete", { threadId: byNative.id });
    assert.equal((await told).threadId, byNative.id);
    assert.equal((await refused(byNative.append([{}]))).code, "thread_deleted");

    const answered = heard<{ threadId: string }>((hear) => client.on("thread/deleted", hear));
    await byNode.delete();
    const late = { threadId: byNode.id, items: [{}] };
    const error = await refused(client.request("creel/items/append", late));
    assert.equal(error.code, "thread_deleted");
    assert.equal((await answered).threadId, byNode.id);
    await end();
    assert.deepEqual(run<{ findings: unknown[] }>(path, "doctor").findings, []);
    assert.deepEqual((await creel.threads.list({ archived: "all" })).data, []);
  },
);
