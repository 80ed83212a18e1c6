/** A large store is opened in two steps: its newest threads are listed while its pages are on their way. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChangeEvent, Creel, type StorageHost } from "creel";
import { Database, MemoryHost } from "./memory-host.js";

/** More threads than a store has whose pages are read as soon. */
const THREADS = 1500;

/** A packed store, and its threads by creation. */
async function large(): Promise<{ database: Database; ids: string[] }> {
  const database = new Database();
  await using creel = await Creel.open({ storage: new MemoryHost(database) });
  const ids: string[] = [];
  while (ids.length < THREADS) {
    const names = Array.from({ length: 100 }, (_, n) => `thread ${ids.length + n}`);
    const made = await Promise.all(names.map((name) => creel.threads.create({ name })));
    ids.push(...made.map(({ id }) => id));
  }
  return { database, ids };
}

/** A host that gives its pages out when it is told to. */
class SlowPages extends MemoryHost {
  closed = 0;
  give: () => void = () => undefined;
  #failure: Error | undefined;
  readonly #told = new Promise<void>((resolve) => {
    this.give = resolve;
  });

  fail(): void {
    this.#failure = Object.assign(new Error("the disk is gone"), { code: "storage_unavailable" });
    this.give();
  }

  override async scan(
    ...[table, range, limit, order]: Parameters<StorageHost["scan"]>
  ): ReturnType<StorageHost["scan"]> {
    if (range.start.startsWith("page/")) {
      await this.#told;
      if (this.#failure) throw this.#failure;
    }
    return super.scan(table, range, limit, order);
  }

  override async close(): Promise<void> {
    this.closed += 1;
    await super.close();
  }
}

const settled = async (promise: Promise<unknown>) => {
  const later = new Promise((resolve) => setTimeout(resolve, 50, "later"));
  return (await Promise.race([promise.then(() => "settled"), later])) === "settled";
};

test("the newest threads are listed, and followed, before the pages are read", async () => {
  const { database, ids } = await large();
  const slow = new SlowPages(database);
  const creel = await Creel.open({ storage: slow });
  const changes: ChangeEvent[] = [];
  creel.on("change", (change) => changes.push(change));
  const newest = await creel.threads.list({ limit: 20 });
  assert.equal(newest.data.length, 20);
  const live = creel.live.threads({ limit: 20 });
  const stop = live.subscribe(() => undefined);
  const all = creel.threads.list({ archived: "all", limit: 1000 });
  const read = creel.threads.read(ids[0] as string);
  const made = creel.threads.create({ name: "made meanwhile" });
  const stats = creel.stats();
  for (const waiting of [all, read, made, stats]) assert.ok(!(await settled(waiting)));

  await using other = await Creel.open({ storage: new MemoryHost(database) });
  await other.threads.create({ name: "made elsewhere" });
  slow.give();
  assert.equal((await all).data.length, 1000);
  assert.equal((await read).name, "thread 0");
  const { id } = await made;
  await creel.refresh();
  assert.equal((await creel.stats()).threads, THREADS + 2);
  const names = (await creel.threads.list({ limit: 2 })).data.map(({ name }) => name);
  assert.deepEqual(names.sort(), ["made elsewhere", "made meanwhile"]);
  const created = changes.filter(({ type }) => type === "created");
  assert.equal(created.length, 2);
  assert.ok(created.some((change) => "threadId" in change && change.threadId === id));
  stop();
  await creel.close();
  assert.equal(slow.closed, 1);
});

test("closing waits for the pages, and pages that can't be read are told by every call", async () => {
  const { database, ids } = await large();
  const slow = new SlowPages(database);
  const creel = await Creel.open({ storage: slow });
  const closing = creel.close();
  await assert.rejects(creel.threads.list(), { code: "closed" });
  assert.ok(!(await settled(closing)));
  slow.give();
  await closing;
  assert.equal(slow.closed, 1);

  const broken = new SlowPages(database);
  const lost = await Creel.open({ storage: broken });
  broken.fail();
  for (const call of [lost.threads.read(ids[0] as string), lost.threads.create(), lost.stats()]) {
    await assert.rejects(call, { code: "storage_unavailable" });
  }
  assert.equal(broken.closed, 1);
  await lost.close();
  assert.equal(broken.closed, 1);
});
