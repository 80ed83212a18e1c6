/** Calls that nobody waits for between them: a long append takes a task of its own, and its turn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Creel } from "creel";

const long = (from: number) =>
  Array.from({ length: 500 }, (_, n) => ({ n: from + n, pad: "x".repeat(400) }));

test("calls around long appends keep their order", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const calls = [
    thread.append([{ n: 0 }]),
    thread.append(long(1)),
    thread.append([{ n: 501 }]),
    thread.append(long(502)),
    thread.append(long(1002)),
    thread.append([{ n: 1502 }]),
  ];
  const name = thread.update({ name: "after them" });
  const read = thread.items<{ n: number }>();
  await Promise.all(calls);
  assert.equal((await name).items, 1503);
  const found: number[] = [];
  for await (const { item } of read) found.push(item.n);
  assert.deepEqual(
    found,
    Array.from({ length: 1503 }, (_, n) => n),
  );
});

test("a long append begins in another task, with the items as they were when it was called", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const items = long(0);
  let appended = false;
  const appending = thread.append(items).then(() => {
    appended = true;
  });
  for (const item of items) item.n = -1;
  // What was posted before the append's own task comes before it.
  for (let turn = 0; turn < 100; turn++) await null;
  assert.equal(appended, false);
  await appending;
  const { data } = await thread.page<{ n: number }>({ limit: 1 });
  assert.equal(data[0]?.item.n, 0);
});

test("a long append that is refused holds up nothing, and a close waits for one", async () => {
  const creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const refused = thread.append([...long(0), [] as unknown as object]);
  const taken = thread.append([{ n: 1 }]);
  await assert.rejects(refused, { code: "invalid_item", message: /500|items/ });
  await taken;
  const last = thread.append(long(2));
  const closed = creel.close();
  await assert.rejects(thread.append([{ n: 3 }]), { code: "closed" });
  await last;
  await closed;
});
