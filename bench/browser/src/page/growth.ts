/** What Creel's operations cost as a store grows, and whether hours of work leave anything behind. */

import type { Countable } from "./contender.js";
import { flat, generator, id, items, long, SMALL, tree } from "./data.js";
import { check, PAGE, timed } from "./work.js";

/** The medians of operations, in milliseconds. */
export type Costs = Record<string, number>;

const TIMES = 40;
const SMALL_TREE = 11;
/** What is stored in one call while a history grows. */
const PORTION = 5_000;

/** Fills a store with threads of two items each, from one number on to another. */
export async function growThreads(creel: Countable, from: number, to: number): Promise<void> {
  const own = items(2, SMALL);
  for (let first = from; first < to; first += 1_000) {
    await creel.fill(flat(to, 2).slice(first, Math.min(first + 1_000, to)), () => own);
  }
}

/** Lets the long history grow from one length to another. */
export async function growHistory(creel: Countable, from: number, to: number): Promise<void> {
  const thread = id("long", 0);
  if (from === 0) await creel.fill(long(0), () => []);
  for (let length = from; length < to; length += PORTION) {
    await creel.append(thread, items(Math.min(PORTION, to - length), SMALL, length));
  }
}

/** Measures the operations on one thread and on small trees, whose numbers start at `trees`. */
export async function costs(creel: Countable, thread: string, trees: number): Promise<Costs> {
  const rows = Array.from({ length: TIMES }, (_, n) => tree(trees + n).slice(0, SMALL_TREE));
  await creel.fill(rows.flat(), () => items(1, SMALL));
  const own = items(TIMES, SMALL, 20);
  const roots = rows.map(([root]) => root?.id ?? "");
  return {
    append: await median(TIMES, (n) => creel.append(thread, own.slice(n, n + 1))),
    list: await median(TIMES, () => creel.newest(PAGE)),
    read: await median(TIMES, async () => {
      check((await creel.last(thread, PAGE)) > 0, "nothing was read");
    }),
    archive: await median(TIMES, (n) => creel.archive(roots[n] ?? "")),
    delete: await median(TIMES, (n) => creel.hide(roots[n] ?? "")),
  };
}

/** What a stretch of live work was like. */
export interface Stretch {
  appends: number;
  median: number;
  p99: number;
}

/** Appends at a steady rate to threads in turn for some time; late ones are caught up with. */
export async function appendSteadily(
  creel: Countable,
  ms: number,
  perMinute: number,
): Promise<Stretch> {
  const random = generator(30);
  const own = items(100, SMALL, 31);
  const times: number[] = [];
  const start = performance.now();
  const appends = Math.round((perMinute * ms) / 60_000);
  const under: Promise<unknown>[] = [];
  for (let n = 0; n < appends; n++) {
    const due = start + (n * ms) / appends;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const thread = id("flat", Math.floor(random() * 50));
    const item = own.slice(n % own.length, (n % own.length) + 1);
    under.push(timed(() => creel.append(thread, item)).then((time) => times.push(time)));
  }
  await Promise.all(under);
  times.sort((a, b) => a - b);
  return { appends, median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function median(times: number, work: (n: number) => Promise<unknown>): Promise<number> {
  const measured: number[] = [];
  for (let n = 0; n < times; n++) measured.push(await timed(() => work(n)));
  return quantile(
    measured.sort((a, b) => a - b),
    0.5,
  );
}

function quantile(sorted: number[], part: number): number {
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN;
}
