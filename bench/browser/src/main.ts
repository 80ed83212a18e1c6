/**
 * Measures Creel and its peers in Chromium and writes what it finds as lines of JSON.
 *
 * The variable BENCH_MODE says how much, `quick` or `full`; `cargo xtask bench` reads the lines and
 * makes the report.
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

const asked = plan(process.env);
const site = await Site.start();
try {
  for (const backend of asked.backends) await measure(backend, site, asked);
} finally {
  await site.stop();
}

async function measure(backend: Backend, site: Site, plan: Plan): Promise<void> {
  const browser = await Chromium.start(backend);
  try {
    say({ kind: "machine", what: await versions(browser) });
    const field = await Field.assemble(browser, site, plan.contenders);
    await fill(field, plan);
    await workloads.appends(field, plan, SMALL);
    await workloads.batches(field, plan, SMALL);
    if (plan.full) {
      await workloads.appends(field, plan, LARGE);
      await workloads.batches(field, plan, LARGE);
      await workloads.loads(field, plan, SMALL);
      await workloads.loads(field, plan, LARGE);
      await workloads.bigLists(field, plan);
    }
    await workloads.lists(field, plan);
    await workloads.archives(field, plan);
    await workloads.deletions(field, plan);
    await field.leave();
    if (plan.starts > 0) {
      await browser.quit();
      await coldStarts(browser, site, field.names, plan);
      await browser.launch();
    }
    await countRequests(browser, site);
    await blocking(browser, site);
    if (backend === "leveldb" && plan.full) await growth(browser, site, plan);
    if (backend === "leveldb" && plan.endurance > 0) await endurance(browser, site, plan);
  } finally {
    await browser.stop();
  }
}

async function fill(field: Field, plan: Plan): Promise<void> {
  if (!plan.full) return field.fill("small", "10k, short");
  await field.fill("small", "10k", "large");
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
