/**
 * Measures Creel and its peers in Chromium and writes what it finds as lines of JSON.
 *
 * The variable BENCH_MODE says how much, `quick` or `full`; BENCH_GROWTH=1 lets a history grow to a
 * million items, BENCH_ENDURANCE gives the minutes of a long run, BENCH_BACKENDS and BENCH_CONTENDERS
 * narrow the field. `cargo xtask bench` reads the lines and makes the report.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { blocking } from "./blocking.js";
import { type Backend, Chromium } from "./chromium.js";
import { coldStarts } from "./cold.js";
import { countRequests } from "./counts.js";
import { Field } from "./field.js";
import { endurance, growth } from "./growth.js";
import { say } from "./lines.js";
import { LARGE, SMALL } from "./page/data.js";
import type { Name } from "./page/index.js";
import { type Plan, plan } from "./plan.js";
import { Site } from "./site.js";
import * as workloads from "./workloads.js";

/** What the words of the cases mean, for the report. */
const MEANINGS = {
  relaxed:
    "survives the end of the process: IndexedDB's relaxed transactions; SQLite on OPFS with synchronous=OFF, " +
    "which writes to the file and leaves flushing to the system; PGlite's default, which waits for IndexedDB",
  strict:
    "survives the loss of power: IndexedDB's strict transactions; SQLite on OPFS with synchronous=FULL, its " +
    "default; PGlite has none",
  filling:
    "Creel by creating and appending 500 threads at once, which become one commit; the others by bulk " +
    "transactions of 1,000 threads, PGlite 5,000; none of it timed",
};

// Playwright ends the browser on this signal, and would let the rest of the bench go on without one.
process.once("SIGTERM", () => process.exit(143));

const asked = plan(process.env);
const site = await Site.start();
try {
  for (const { backend, contenders } of asked.field) {
    await measure(backend, contenders, site, asked);
  }
} finally {
  await site.stop();
}

async function measure(
  backend: Backend,
  contenders: readonly Name[],
  site: Site,
  plan: Plan,
): Promise<void> {
  const browser = await Chromium.start(backend);
  const { full } = plan;
  try {
    say({ kind: "machine", what: await versions(browser) });
    const field = await Field.assemble(browser, site, contenders);
    await step("filling", () => fill(field, plan));
    await step("W1", () => workloads.appends(field, plan, SMALL));
    await step("W2", () => workloads.batches(field, plan, SMALL));
    if (full) {
      await step("W3", () => workloads.loads(field, plan, SMALL));
      await step("W4, 100,000 threads", () => workloads.bigLists(field, plan));
    }
    await step("W4", () => workloads.lists(field, plan));
    await step("W6", () => workloads.archives(field, plan));
    await step("W5", () => workloads.deletions(field, plan));
    await field.leave();
    if (full) {
      await browser.quit();
      await step("W7", () => coldStarts(browser, site, field.names, plan));
      await browser.launch();
    }
    await step("counts", () => countRequests(browser, site));
    await step("blocking", () => blocking(browser, site));
    if (backend === "leveldb" && full) await step("growth", () => growth(browser, site, plan));
    if (backend === "leveldb" && plan.endurance > 0) {
      await step("endurance", () => endurance(browser, site, plan));
    }
    if (full) await step("20 KB", () => large(browser, field.names));
  } finally {
    await browser.stop();
  }

  /** Comes last: LevelDB is busy for long with what this writes, and so slows what follows. */
  async function large(browser: Chromium, names: readonly Name[]): Promise<void> {
    const field = await Field.assemble(browser, site, names);
    await field.fill("small", "large");
    await workloads.appends(field, plan, LARGE);
    await workloads.batches(field, plan, LARGE);
    await workloads.loads(field, plan, LARGE);
    await field.leave();
  }

  async function step(name: string, work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await work();
    console.error(`${backend}: ${name} took ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  }
}

async function fill(field: Field, plan: Plan): Promise<void> {
  if (!plan.full) return field.fill("small", "10k, short");
  await field.fill("small", "10k");
  await field.fill("big", "100k");
}

/** Says what takes part, and what the words of the cases mean. */
async function versions(browser: Chromium): Promise<Record<string, string>> {
  const versions: Record<string, string> = { chromium: browser.version };
  for (const name of ["creel", "idb", "dexie", "@sqlite.org/sqlite-wasm", "@electric-sql/pglite"]) {
    const file = join(import.meta.dirname, "../node_modules", name, "package.json");
    versions[name] = JSON.parse(await readFile(file, "utf8")).version;
  }
  return { ...versions, ...MEANINGS };
}
