/** The workloads W1 to W6, as one contender does them once; times are in milliseconds. */

import type { Contender } from "./contender.js";
import { generator, id, items } from "./data.js";

/** How many threads are listed. */
export const PAGE = 50;
/** How many appends are under way at once in the second part of W1. */
export const AT_ONCE = 25;

/** W1: appends one item after the other. */
export async function appendEach(
  contender: Contender,
  thread: string,
  count: number,
  size: number,
): Promise<number[]> {
  const times: number[] = [];
  const own = items(count, size, 10);
  // Making them belongs to no task of the contender's.
  await nextTask();
  for (const item of own) {
    times.push(await timed(() => contender.append(thread, [item])));
  }
  return times;
}

/** W1: appends an item to each of 25 threads at once; the time is that of one item. */
export async function appendAtOnce(
  contender: Contender,
  batches: number,
  size: number,
): Promise<number[]> {
  const times: number[] = [];
  const own = items(AT_ONCE, size, 11);
  for (let batch = 0; batch < batches; batch++) {
    const all = () =>
      Promise.all(own.map((item, n) => contender.append(id("flat", 200 + n), [item])));
    times.push((await timed(all)) / AT_ONCE);
  }
  return times;
}

/** W2: appends many items in one call. */
export async function appendMany(
  contender: Contender,
  thread: string,
  count: number,
  size: number,
): Promise<number[]> {
  const own = items(count, size, 12);
  await nextTask();
  return [await timed(() => contender.append(thread, own))];
}

/** W3: loads a history as parsed objects. */
export async function load(
  contender: Contender,
  thread: string,
  expected: number,
): Promise<number[]> {
  let length = 0;
  const time = await timed(async () => {
    length = (await contender.load(thread)).length;
  });
  check(length === expected, `${length} items loaded, not ${expected}`);
  return [time];
}

/** W4: lists the newest threads; before each time another one is changed. */
export async function listNewest(
  contender: Contender,
  threads: number,
  times: number,
  seed: number,
): Promise<number[]> {
  const random = generator(seed);
  const [item] = items(1, 600, 13);
  const measured: number[] = [];
  for (let time = 0; time < times; time++) {
    const changed = id("flat", Math.floor(random() * threads));
    // Of two threads changed in one millisecond neither is the newer one.
    for (const last = Date.now(); Date.now() === last; ) await nextTask();
    if (item) await contender.append(changed, [item]);
    let found: string[] = [];
    measured.push(
      await timed(async () => {
        found = await contender.newest(PAGE);
      }),
    );
    check(found.length === PAGE, `${found.length} threads listed, not ${PAGE}`);
    check(found[0] === changed, `the newest is ${found[0]}, not ${changed}`);
  }
  return measured;
}

/** W4: lists the newest children of a thread that has many. */
export async function listChildren(contender: Contender, times: number): Promise<number[]> {
  const measured: number[] = [];
  for (let time = 0; time < times; time++) {
    let found: string[] = [];
    measured.push(
      await timed(async () => {
        found = await contender.children(id("wide", 0), PAGE);
      }),
    );
    check(found.length === PAGE, `${found.length} children listed, not ${PAGE}`);
  }
  return measured;
}

/** W5: deletes a tree: how long until nothing shows it, and until nothing is left. */
export async function remove(
  contender: Contender,
  root: string,
): Promise<{ committed: number; erased: number }> {
  const start = performance.now();
  let committed = Number.NaN;
  await contender.remove(root, () => {
    committed = performance.now() - start;
  });
  const erased = performance.now() - start;
  const left = await contender.children(root, PAGE).catch(() => []);
  check(left.length === 0, `${left.length} children are left`);
  return { committed, erased };
}

/** W6: archives a tree, and takes it back outside the time. */
export async function archive(contender: Contender, root: string): Promise<number[]> {
  const time = await timed(() => contender.archive(root));
  check((await contender.children(root, PAGE)).length === 0, "children are listed as active");
  await contender.unarchive(root);
  check((await contender.children(root, PAGE)).length === 10, "children are not back");
  return [time];
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Returns how long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Throws where a contender did not do its work. */
export function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
