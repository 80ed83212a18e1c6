/** The contenders of a run: each in a page of an origin of its own, taking turns. */

import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Backend, Chromium } from "./chromium.js";
import { say } from "./lines.js";
import type { Durability } from "./page/contender.js";
import type { Filling } from "./page/data.js";
import type { Bench, Growing, Name, Rest, Works } from "./page/index.js";
import type { Site } from "./site.js";

declare const bench: Bench;

/** How long a contender may take for its turn, in milliseconds. */
const TURN = 120_000;

/** The stores of every contender. */
export type Store = "small" | "big";

/** What the contenders are called in reports. */
export const LABELS: Record<Name, string> = {
  creel: "creel",
  raw: "raw",
  idb: "idb",
  dexie: "Dexie",
  sqlite: "sqlite-wasm",
  pglite: "PGlite",
};

/** One contender in its page. */
export class Contender {
  readonly name: Name;
  readonly page: Page;

  /** Opens the page of a contender; `search` may ask it to count. */
  static async visit(
    browser: Chromium,
    site: Site,
    name: Name,
    search?: "?counted",
  ): Promise<Contender> {
    return new Contender(name, await browser.open(site.address(name, search)));
  }

  private constructor(name: Name, page: Page) {
    this.name = name;
    this.page = page;
  }

  open(store: string, durability: Durability): Promise<void> {
    return this.page.evaluate(([name, store, durability]) => bench.open(name, store, durability), [
      this.name,
      store,
      durability,
    ] as const);
  }

  /** Opens a store for the first time in this page and lists; returns how long that took. */
  openCold(store: string): Promise<number> {
    return this.page.evaluate(([name, store]) => bench.openCold(name, store), [
      this.name,
      store,
    ] as const);
  }

  /** Waits until what opening has left to be read is read. */
  whole(): Promise<void> {
    return this.page.evaluate(() => bench.whole());
  }

  close(): Promise<void> {
    return this.page.evaluate(() => bench.close());
  }

  fill(filling: Filling): Promise<void> {
    return this.page.evaluate((filling) => bench.fill(filling), filling);
  }

  fillTree(number: number): Promise<void> {
    return this.page.evaluate((number) => bench.fillTree(number), number);
  }

  wasmMemory(): Promise<number> {
    return this.page.evaluate(() => bench.wasmMemory());
  }

  run<Key extends keyof Works>(
    work: Key,
    ...args: Rest<Works[Key]>
  ): Promise<Awaited<ReturnType<Works[Key]>>> {
    return this.page.evaluate(([work, args]) => bench.run(work, args) as never, [
      work,
      args as unknown[],
    ] as const);
  }

  grow<Key extends keyof Growing>(
    part: Key,
    ...args: Rest<Growing[Key]>
  ): Promise<Awaited<ReturnType<Growing[Key]>>> {
    return this.page.evaluate(([part, args]) => bench.grow(part, args) as never, [
      part,
      args as unknown[],
    ] as const);
  }
}

/** What the contenders do in turn. */
export interface Turns {
  workload: string;
  rounds: number;
  store: Store;
  durability: Durability;
  /** Who takes no part, and why. */
  without?: { name: Name; reason: string } | undefined;
  /** Makes what the work needs, outside its time. */
  prepare?(contender: Contender, round: number): Promise<void>;
  /** Resolves to times in milliseconds by the name of their case. */
  work(contender: Contender, round: number): Promise<Record<string, number[]>>;
}

/** All contenders on one backend. */
export class Field {
  readonly backend: Backend;
  #contenders: Contender[] = [];

  /** Opens the page of every contender. */
  static async assemble(browser: Chromium, site: Site, names: readonly Name[]): Promise<Field> {
    const field = new Field(browser.backend);
    for (const name of names) {
      field.#contenders.push(await Contender.visit(browser, site, name));
    }
    return field;
  }

  private constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Those that still take part. */
  get names(): Name[] {
    return this.#contenders.map(({ name }) => name);
  }

  /** Fills a store of every contender; who can't is out of the run. */
  async fill(store: Store, ...fillings: Filling[]): Promise<void> {
    const fill = async (contender: Contender) => {
      const start = Date.now();
      try {
        await contender.open(store, "relaxed");
        for (const filling of fillings) await contender.fill(filling);
        await contender.close();
        console.error(`${contender.name} filled ${store} in ${Date.now() - start} ms`);
      } catch (error) {
        this.#dismiss(contender);
        const [workload, name] = ["all", `filling ${store}, ${this.backend}`];
        say({
          kind: "void",
          workload,
          case: name,
          contender: LABELS[contender.name],
          reason: said(error),
        });
      }
    };
    // Two at a time: that is nobody's time.
    const waiting = [...this.#contenders];
    const fillers = Array.from({ length: 2 }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await fill(next);
    });
    await Promise.all(fillers);
  }

  /**
   * Lets every contender do a piece of work once a round, each time another one first.
   *
   * Between turns each closes its store, so that nothing of its background work runs in the turn
   * of another one. Who fails is out of this workload.
   */
  async rounds(turns: Turns): Promise<void> {
    const { workload, rounds, store, durability, prepare, work, without } = turns;
    const out = new Set<Name>();
    const leaveOut = (name: Name, reason: string) => {
      out.add(name);
      const text = `${durability}, ${this.backend}`;
      say({ kind: "void", workload, case: text, contender: LABELS[name], reason });
    };
    if (without && this.names.includes(without.name)) leaveOut(without.name, without.reason);
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < this.#contenders.length; turn++) {
        const contender = this.#contenders[(turn + round) % this.#contenders.length];
        if (!contender || out.has(contender.name)) continue;
        const { name } = contender;
        try {
          const measured = await within(TURN, async () => {
            await contender.open(store, durability);
            if (prepare) {
              await prepare(contender, round);
              await rest(contender);
              await contender.open(store, durability);
            }
            return work(contender, round);
          });
          for (const [of, values] of Object.entries(measured)) {
            const text = `${of}, ${this.backend}`;
            say({
              kind: "sample",
              workload,
              case: text,
              contender: LABELS[name],
              round,
              unit: "ms",
              values,
            });
          }
          await rest(contender);
        } catch (error) {
          leaveOut(name, said(error));
          // A page that hangs answers nothing any more.
          if (error instanceof TooSlow) this.#dismiss(contender);
        }
      }
    }
  }

  #dismiss(contender: Contender): void {
    this.#contenders = this.#contenders.filter((other) => other !== contender);
    contender.page.close().catch(() => undefined);
  }

  /** Closes all pages. */
  async leave(): Promise<void> {
    for (const { page } of this.#contenders) await page.close();
  }
}

/** Returns the first line of an error. */
export function said(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

class TooSlow extends Error {}

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const end = new AbortController();
  const late = setTimeout(ms, undefined, { signal: end.signal }).then(() => {
    throw new TooSlow(`it took more than ${ms / 1_000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work(), late]);
  } finally {
    end.abort();
  }
}

/** Ends what a contender does in the background. PGlite does nothing there, and opens for seconds. */
async function rest(contender: Contender): Promise<void> {
  if (contender.name !== "pglite") await contender.close();
}
