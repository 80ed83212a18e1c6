/**
 * The page of a contender: what the bench in Node calls. The address says whether requests are
 * counted. Nothing of a contender is loaded before it is opened.
 */

import type { Contender, Countable, Durability } from "./contender.js";
import { type Counts, installCounting, takeCounts } from "./counting.js";
import { type Filling, fillings, items, LARGE, SMALL, tree } from "./data.js";
import * as growing from "./growth.js";
import { wasmMemory, watchMemories } from "./memory.js";
import * as work from "./work.js";

const LOADERS = {
  creel: () => import("./contenders/creel.js"),
  raw: () => import("./contenders/raw.js"),
  idb: () => import("./contenders/idb.js"),
  dexie: () => import("./contenders/dexie.js"),
  sqlite: () => import("./contenders/sqlite.js"),
  pglite: () => import("./contenders/pglite.js"),
} as const;

export type Name = keyof typeof LOADERS;

/** How long nothing happens when everything is done, in milliseconds. */
const QUIET = 500;

const query = new URLSearchParams(location.search);
if (query.has("counted")) installCounting();
watchMemories();

let current: { store: string; durability: Durability; contender: Contender } | undefined;

/** Opens a contender's store and reads all of it that it reads, unless it is open like that already. */
async function open(name: Name, store: string, durability: Durability): Promise<void> {
  if (current?.store === store && current.durability === durability) return;
  await begin(name, store, durability);
  await whole();
}

/** Waits until what opening has left to be read is read. */
async function whole(): Promise<void> {
  await contender().whole?.();
}

async function begin(name: Name, store: string, durability: Durability): Promise<void> {
  await close();
  const { contender } = await LOADERS[name]();
  const opened = contender();
  await opened.open(store, durability);
  current = { store, durability, contender: opened };
}

async function close(): Promise<void> {
  const closing = current?.contender;
  current = undefined;
  await closing?.close();
}

/** Loads the code, opens a store and lists: how long it takes before the user sees something. */
async function openCold(name: Name, store: string): Promise<number> {
  return work.timed(async () => {
    await begin(name, store, "relaxed");
    const found = await contender().newest(work.PAGE);
    work.check(found.length === work.PAGE, `${found.length} threads listed`);
  });
}

async function fill(filling: Filling): Promise<void> {
  let seed = 100;
  const size = filling === "large" ? LARGE : SMALL;
  await contender().fill(fillings[filling](), (row) => items(row.items, size, seed++));
}

async function fillTree(number: number): Promise<void> {
  let seed = 100;
  await contender().fill(tree(number), (row) => items(row.items, SMALL, seed++));
}

type Taking<Subject, All> = {
  [Key in keyof All as All[Key] extends (subject: Subject, ...args: never[]) => Promise<unknown>
    ? Key
    : never]: All[Key];
};

/** The workloads, by the name of their function. */
export type Works = Taking<Contender, typeof work>;

/** The parts of the measurement of growth. */
export type Growing = Taking<Countable, typeof growing>;

/** The arguments of a function after the first. */
export type Rest<F> = F extends (subject: never, ...args: infer Args) => unknown ? Args : never;

const works: Works = work;
const parts: Growing = growing;

/** Does a workload. */
function run(name: keyof Works, args: unknown[]): Promise<unknown> {
  const does = works[name] as (contender: Contender, ...args: unknown[]) => Promise<unknown>;
  return does(contender(), ...args);
}

/** Does a part of the measurement of growth. */
function grow(name: keyof Growing, args: unknown[]): Promise<unknown> {
  const does = parts[name] as (creel: Countable, ...args: unknown[]) => Promise<unknown>;
  return does(countable(), ...args);
}

/** Counts what one call asks of IndexedDB, or several ones that are made at the same time. */
async function count(
  method: Exclude<keyof Countable, "fill" | "remove">,
  ...calls: unknown[][]
): Promise<Counts> {
  const does = countable()[method] as (...args: unknown[]) => Promise<unknown>;
  takeCounts();
  await Promise.all(calls.map((args) => does(...args)));
  return takeCounts();
}

/** Counts what it takes to open a store and to list the first threads. */
async function countOpening(name: Name, store: string): Promise<Counts> {
  takeCounts();
  await openCold(name, store);
  return takeCounts();
}

/** Waits until nothing has been asked of IndexedDB for a while: what opening left to be done is done. */
async function quiet(): Promise<void> {
  do {
    takeCounts();
    await new Promise((resolve) => setTimeout(resolve, QUIET));
  } while (takeCounts().transactions > 0);
}

/** Counts the entries in the journal of a Creel store. */
function journalLength(store: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(`creel:${store}`);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const { result: database } = opening;
      const counting = database.transaction("journal").objectStore("journal").count();
      counting.onsuccess = () => {
        database.close();
        resolve(counting.result);
      };
    };
  });
}

function contender(): Contender {
  if (!current) throw new Error("no contender is open");
  return current.contender;
}

function countable(): Countable {
  const open = contender();
  if ("hide" in open) return open as Countable;
  throw new Error("this is measured of Creel alone");
}

const bench = {
  open,
  whole,
  close,
  openCold,
  fill,
  fillTree,
  run,
  grow,
  count,
  countOpening,
  quiet,
  journalLength,
  wasmMemory,
};

export type Bench = typeof bench;

Object.assign(globalThis, { bench });
