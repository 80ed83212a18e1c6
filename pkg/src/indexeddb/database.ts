/**
 * The databases themselves: their names, their version, opening, listing and deleting them.
 *
 * The version counts in hundreds: a program that is rolled back still opens what a later one with
 * the same hundred has written.
 */

import type { Table } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { failure, unavailable } from "./failures.js";
import { Trace } from "./trace.js";

const TABLES: readonly Table[] = ["journal", "catalog", "history"];
const VERSION = 100;
const PREFIX = "creel:";
/** How long other tabs may take to let go of a database: commits that run there are ended first. */
const BLOCKED_MS = 3_000;
/** How long the browser may say nothing at all, as it does while an earlier request is blocked. */
const SILENT_MS = 20_000;

/** A database, and whether it is absent no longer. */
export interface Opened {
  database: IDBDatabase;
  created: boolean;
}

/** Opens the database of a store, which is made if it is absent. */
export async function openDatabase(store: string): Promise<Opened> {
  try {
    return await connect(store, VERSION);
  } catch (error) {
    if (!(error instanceof CreelError && causeName(error) === "VersionError")) throw error;
  }
  const opened = await connect(store);
  const found = Math.floor(opened.database.version / 100);
  const known = VERSION / 100;
  if (found === known) return opened;
  opened.database.close();
  const reason = `the database has version ${found}, this program knows up to ${known}`;
  throw Object.assign(new CreelError("schema_too_new", reason), { found, known });
}

/** Lists the stores of this origin. */
export async function listStores(): Promise<string[]> {
  try {
    const databases = await factory().databases();
    const names = databases.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
    return names.map((name) => name.slice(PREFIX.length)).sort();
  } catch (cause) {
    throw failure(cause);
  }
}

/** Removes a store. Other tabs close theirs when they are told to; `blocked` if one does not. */
export async function destroyStore(store: string): Promise<void> {
  await settledRequest(store, () => factory().deleteDatabase(databaseName(store)));
  new Trace(databaseName(store)).remove();
}

/** Returns the name of a store's database, and of the channel that carries its news. */
export function databaseName(store: string): string {
  return PREFIX + store;
}

async function connect(store: string, version?: number): Promise<Opened> {
  let created = false;
  const open = () => {
    const request = factory().open(databaseName(store), version);
    request.onupgradeneeded = ({ oldVersion }) => {
      const { result } = request;
      created = oldVersion === 0;
      for (const table of TABLES) {
        if (!result.objectStoreNames.contains(table)) result.createObjectStore(table);
      }
    };
    return request;
  };
  const database = await settledRequest(store, open, (late) => late.close());
  return { database, created };
}

/** Waits for a request that other tabs may hold up; what succeeds too late goes to `discard`. */
function settledRequest<T>(
  store: string,
  issue: () => IDBOpenDBRequest & IDBRequest<T>,
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let late = false;
    const giveUp = () => {
      late = true;
      reject(blocked(store));
    };
    let timer = setTimeout(giveUp, SILENT_MS);
    try {
      const request = issue();
      request.onsuccess = () => {
        clearTimeout(timer);
        if (late) discard(request.result);
        resolve(request.result);
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(failure(request.error));
      };
      request.onblocked = () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, BLOCKED_MS);
      };
    } catch (cause) {
      clearTimeout(timer);
      reject(failure(cause));
    }
  });
}

function factory(): IDBFactory {
  // Where a page may keep nothing, some browsers throw at the mention of it.
  if (typeof indexedDB === "object" && indexedDB !== null) return indexedDB;
  throw unavailable("there is no IndexedDB here");
}

function blocked(store: string): CreelError {
  return new CreelError("blocked", `another tab keeps the store "${store}" open`, {
    retryable: true,
  });
}

function causeName({ cause }: CreelError): string | undefined {
  return cause instanceof DOMException ? cause.name : undefined;
}
