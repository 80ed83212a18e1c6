/** How Creel's costs change as a store grows, and over time. */

import type { Chromium } from "./chromium.js";
import { Contender } from "./field.js";
import { type Line, say } from "./lines.js";
import { id } from "./page/data.js";
import type { Bench } from "./page/index.js";
import type { Plan } from "./plan.js";
import type { Site } from "./site.js";

declare const bench: Bench;

type Growth = Extract<Line, { kind: "growth" }>;

const ITEMS = [1_000, 10_000, 100_000] as const;
const THREADS = [100, 1_000, 10_000, 100_000] as const;

/** The rate that is endured: one agent's tokens, or a hundred agents' items. */
const PER_MINUTE = 10_000;

/** Measures the operations at each size of a history, and at each number of threads. */
export async function growth(browser: Chromium, site: Site, { million }: Plan): Promise<void> {
  const sizes = million ? [...ITEMS, 1_000_000] : ITEMS;
  await grow(browser, site, "items", sizes, async (creel, from, to) => {
    await creel.grow("growHistory", from, to);
    return id("long", 0);
  });
  await grow(browser, site, "threads", THREADS, async (creel, from, to) => {
    await creel.grow("growThreads", from, to);
    return id("flat", 0);
  });
}

/** Appends for minutes, and tells after each what it was like and what it left. */
export async function endurance(browser: Chromium, site: Site, { endurance }: Plan): Promise<void> {
  const creel = await Contender.visit(browser, site, "creel");
  await creel.open("endurance", "relaxed");
  await creel.grow("growThreads", 0, 50);
  for (let minute = 1; minute <= endurance; minute++) {
    const { median, p99 } = await creel.grow("appendSteadily", 60_000, PER_MINUTE);
    const entries = await creel.page.evaluate(() => bench.journalLength("endurance"));
    const tell = (name: string, value: number, unit: Growth["unit"]) =>
      say(growthLine(name, "minutes", minute, value, unit));
    tell("append, median", median, "ms");
    tell("append, p99", p99, "ms");
    tell("journal", entries, "entries");
    tell("wasm memory", await creel.wasmMemory(), "bytes");
  }
  await creel.close();
  await creel.page.close();
}

async function grow(
  browser: Chromium,
  site: Site,
  axis: "items" | "threads",
  sizes: readonly number[],
  enlarge: (creel: Contender, from: number, to: number) => Promise<string>,
): Promise<void> {
  const creel = await Contender.visit(browser, site, "creel");
  const store = `growth in ${axis}`;
  let from = 0;
  for (const [step, size] of sizes.entries()) {
    await creel.open(store, "relaxed");
    const thread = await enlarge(creel, from, size);
    from = size;
    // What filling left to be done is not part of the operations.
    await creel.close();
    await creel.open(store, "relaxed");
    const costs = await creel.grow("costs", thread, step * 100);
    for (const [name, value] of Object.entries(costs)) {
      say(growthLine(name, axis, size, value, "ms"));
    }
    await creel.close();
  }
  await creel.page.close();
}

function growthLine(
  name: string,
  axis: Growth["axis"],
  size: number,
  value: number,
  unit: Growth["unit"],
): Growth {
  return { kind: "growth", case: name, contender: "creel", axis, size, value, unit };
}
