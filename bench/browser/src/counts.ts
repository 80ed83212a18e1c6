/** What Creel's calls cost regardless of the machine: requests to IndexedDB. */

import type { Chromium } from "./chromium.js";
import { Contender } from "./field.js";
import { say } from "./lines.js";
import { id, items, SMALL } from "./page/data.js";
import type { Bench } from "./page/index.js";
import { AT_ONCE, PAGE } from "./page/work.js";
import type { Site } from "./site.js";

declare const bench: Bench;

/** A tree that no workload uses. */
const TREE = 90;
const BATCHES = 4;

/** Counts the requests of each call on a store of 10,000 threads. */
export async function countRequests(browser: Chromium, site: Site): Promise<void> {
  // What another instance has just written is news, and read by whoever is open then.
  const filler = await Contender.visit(browser, site, "creel");
  await filler.open("small", "relaxed");
  await filler.fillTree(TREE);
  await filler.close();
  await filler.page.close();

  const creel = await Contender.visit(browser, site, "creel", "?counted");
  const { page } = creel;
  const tell = (workload: string, name: string, operations: number, counts: object) => {
    const of = `${name}, ${browser.backend}`;
    const each = counts as Record<string, number>;
    const { transactions: _, ...requests } = each;
    const storageCalls = Object.values(requests).reduce((sum, count) => sum + count, 0);
    const numbers = { ...each, storageCalls };
    say({ kind: "count", workload, case: of, contender: "creel", operations, counts: numbers });
  };

  const opening = await page.evaluate(() => bench.countOpening("creel", "small"));
  tell("W7", "open to the first list, 10,000 threads", 1, opening);
  await creel.run("appendEach", id("flat", 1), 1, SMALL);
  await page.evaluate(() => bench.quiet());

  const [item] = items(1, SMALL);
  const sum: Record<string, number> = {};
  const appends = 50;
  for (let n = 0; n < appends; n++) {
    const counts = await page.evaluate(
      ([thread, item]) => bench.count("append", [thread, [item]]),
      [id("flat", 2), item] as const,
    );
    for (const [kind, number] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + number;
  }
  tell("W1", "append one item", appends, sum);

  const threads = Array.from({ length: AT_ONCE }, (_, n) => id("flat", 200 + n));
  for (let batch = 0; batch < BATCHES; batch++) {
    const counts = await page.evaluate(
      ([threads, item]) => bench.count("append", ...threads.map((thread) => [thread, [item]])),
      [threads, item] as const,
    );
    tell("W1", "append 25 at once", 1, counts);
  }

  const root = id("tree", TREE * 10_000);
  const list = await page.evaluate((limit) => bench.count("newest", [limit]), PAGE);
  tell("W4", "list 50 of 10k", 1, list);
  const children = await page.evaluate(([root, limit]) => bench.count("children", [root, limit]), [
    root,
    PAGE,
  ] as const);
  tell("W4", "list by parent of 10k", 1, children);
  for (const method of ["archive", "unarchive", "hide"] as const) {
    const counts = await page.evaluate(([method, root]) => bench.count(method, [root]), [
      method,
      root,
    ] as const);
    const name = method === "hide" ? "delete tree, committed" : `${method} tree`;
    tell(method === "hide" ? "W5" : "W6", name, 1, counts);
  }
  await creel.close();
  await page.close();
}
