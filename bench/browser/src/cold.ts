/**
 * W7: a new browser process on the same profile, from loading the contender's code to the first
 * list; after a clean close, and with a journal that nobody has packed.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Chromium } from "./chromium.js";
import { Contender, LABELS, type Store, said } from "./field.js";
import { say } from "./lines.js";
import { id, SMALL } from "./page/data.js";
import type { Bench, Name } from "./page/index.js";
import type { Plan } from "./plan.js";
import type { Site } from "./site.js";

declare const bench: Bench;

const THREADS = { small: "10,000 threads", big: "100,000 threads" } as const;

/** One less than what makes Creel pack its journal. */
const WAITING = 999;

/** How long a browser gets to become quiet after its start, in milliseconds. */
const SETTLING = 400;

/** Starts the browser again and again; it must not run. */
export async function coldStarts(
  browser: Chromium,
  site: Site,
  names: readonly Name[],
  { starts }: Plan,
): Promise<void> {
  for (const store of ["small", "big"] as const) {
    for (let round = 0; round < starts; round++) {
      for (const name of rotated(names, round)) {
        await start(browser, site, name, store, round, `open to the first list, ${THREADS[store]}`);
      }
    }
  }
  const two = names.filter((name) => name === "creel" || name === "raw");
  for (let round = 0; round < starts; round++) {
    for (const name of rotated(two, round)) {
      await leave(browser, site, name);
      await start(
        browser,
        site,
        name,
        "small",
        round,
        `first list with ${WAITING} entries waiting, ${THREADS.small}`,
      );
    }
  }
}

async function start(
  browser: Chromium,
  site: Site,
  name: Name,
  store: Store,
  round: number,
  when: string,
): Promise<void> {
  const workload = "W7";
  const of = `${when}, ${browser.backend}`;
  await browser.launch();
  try {
    const contender = await Contender.visit(browser, site, name);
    await sleep(SETTLING);
    const values = [await contender.openCold(store)];
    say({ kind: "sample", workload, case: of, contender: LABELS[name], round, unit: "ms", values });
    if (name === "creel" && round === 0) {
      // What is read behind the first list counts, too.
      await contender.whole();
      const bytes = await contender.wasmMemory();
      say({
        kind: "memory",
        workload,
        case: of,
        contender: LABELS[name],
        bytes,
        what: "wasm memory",
      });
    }
    await contender.close();
  } catch (error) {
    say({ kind: "void", workload, case: of, contender: LABELS[name], reason: said(error) });
  } finally {
    await browser.quit();
  }
}

/** Appends until just before Creel would pack its journal, and ends the process without a close. */
async function leave(browser: Chromium, site: Site, name: Name): Promise<void> {
  await browser.launch();
  try {
    const contender = await Contender.visit(browser, site, name);
    await contender.open("small", "relaxed");
    let missing = WAITING;
    if (name === "creel")
      missing -= await contender.page.evaluate(() => bench.journalLength("small"));
    await contender.run("appendEach", id("flat", 5), missing, SMALL);
  } finally {
    await browser.quit();
  }
}

/** Turns a list, so that each is first once. */
function rotated<T>(list: readonly T[], by: number): T[] {
  return list.map((_, n) => list[(n + by) % list.length] as T);
}
