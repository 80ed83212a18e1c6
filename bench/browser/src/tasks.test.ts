import assert from "node:assert/strict";
import { test } from "node:test";
import { longest } from "./tasks.js";

const main = { name: "thread_name", ph: "M", pid: 1, tid: 1, args: { name: "CrRendererMain" } };
const task = (tid: number, dur: number, tdur: number) => ({
  name: "ThreadControllerImpl::RunTask",
  ph: "X",
  pid: 1,
  tid,
  dur,
  tdur,
});

test("the longest task is that of a page's main thread, in milliseconds", () => {
  const events = [main, task(1, 9_000, 4_000), task(1, 5_000, 5_000), task(2, 90_000, 90_000)];
  assert.deepEqual(longest(events), { processor: 5, clock: 9 });
});

test("a trace without any task is an error, not a time of 0", () => {
  assert.throws(() => longest([main, task(2, 1, 1)]), /no task of a page/);
});
