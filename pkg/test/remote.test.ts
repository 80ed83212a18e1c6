/** The typed API over a port: the store of a worker used as if it were here. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { Creel } from "creel/remote";

/** Starts a worker with one thread in its store, and connects to it. */
async function owner(t: TestContext): Promise<{ worker: Worker; root: string; creel: Creel }> {
  const worker = new Worker(new URL("./bridge-worker.js", import.meta.url), {
    workerData: "Fix the build",
  });
  t.after(() => worker.terminate());
  const [root] = await once(worker, "message");
  return { worker, root, creel: await connect(worker) };
}

async function connect(worker: Worker): Promise<Creel> {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return Creel.over(port1);
}

test("a worker's store has the typed API, events and live lists", async (t) => {
  const { worker, root, creel } = await owner(t);
  const other = await connect(worker);
  const heard: string[] = [];
  other.on("thread/items/appended", ({ first, count }) => heard.push(`${first} ${count}`));
  other.on("thread/deleted", ({ threadId }) => heard.push(threadId));
  const list = other.live.threads();
  const changed = new Promise<void>((resolve) => {
    list.subscribe(() => list.getSnapshot().threads[0]?.name === "Fixed" && resolve());
  });
  assert.equal((await creel.threads.read(root)).name, "Fix the build");
  assert.equal(await creel.threads.goal(root), undefined);
  assert.deepEqual(await creel.threads.append(root, '{"n":1.0}'), { first: 0, count: 1 });
  const { data } = await creel.threads.items(root);
  assert.deepEqual(
    data.map(({ seq, item }) => [seq, item]),
    [[0, { n: 1 }]],
  );
  await creel.threads.rename(root, "Fixed");
  await changed;
  const copied = await other.import(creel.export(root), { newIds: true });
  assert.deepEqual([copied.threads, copied.items, copied.problems], [1, 1, []]);
  const progress: number[] = [];
  await creel.threads.delete(root, { onProgress: ({ erased }) => progress.push(erased) });
  assert.deepEqual(progress, [1]);
  await assert.rejects(creel.threads.read(root), { code: "thread_deleted" });
  await other.threads.list();
  assert.deepEqual(heard.slice(0, 1), ["0 1"]);
  assert.ok(heard.includes(root));
  await creel.close();
  await creel.close();
  await assert.rejects(creel.threads.list(), { code: "closed" });
  assert.equal(creel.connection, "closed");
  assert.equal((await other.threads.list()).data.length, 1);
  await other.close();
});

test("a store that closes is the end of those that use it over a port", async (t) => {
  const { worker, creel } = await owner(t);
  const list = creel.live.threads();
  t.after(list.subscribe(() => undefined));
  await list.ready();
  const closed = new Promise((resolve) => creel.onConnection(resolve));
  worker.postMessage("close");
  assert.equal(await closed, "closed");
  await assert.rejects(creel.threads.list(), { code: "closed" });
  assert.equal(list.getSnapshot().error?.code, "closed");
});
