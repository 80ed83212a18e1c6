/**
 * The databases themselves: their names, their version, opening, listing and deleting them.
 *
 * The version counts in hundreds: a program that is rolled back still opens what a later one with
 * the same hundred has written.
 */

import type { Table } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { failure, unavailable } from "./failures.js";

const TABLES: readonly Table[] = ["journal", "catalog", "history"];
const VERSION = 100;
const PREFIX = "creel:";

/** Opens the database of a store, which is made if it is absent. */
export async function openDatabase(store: string): Promise<IDBDatabase> {
  try {
    return await connect(store, VERSION);
  } catch (error) {
    if (!(error instanceof CreelError && causeName(error) === "VersionError")) throw error;
  }
  const database = await connect(store);
  const found = Math.floor(database.version / 100);
  const known = VERSION / 100;
  if (found === known) return database;
  database.close();
  const reason = `the database has version ${found}, this program knows up to ${known}`;
  throw Object.assign(new CreelError("schema_too_new", reason), { found, known });
}

/** Lists the stores of this origin. */
export async function listStores(): Promise<string[]> {
  const databases = await attempt(() => factory().databases());
  const names = databases.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return names.map((name) => name.slice(PREFIX.length)).sort();
}

/** Removes a store. Other tabs close theirs when they are told to; `blocked` if one does not. */
export function destroyStore(store: string): Promise<void> {
  return attempt(
    () =>
      new Promise((resolve, reject) => {
        const request = factory().deleteDatabase(databaseName(store));
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
        request.onblocked = () => reject(blocked(store));
      }),
  );
}

/** Returns the name of a store's database, and of the channel that carries its news. */
export function databaseName(store: string): string {
  return PREFIX + store;
}

function connect(store: string, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    let late = false;
    const request = factory().open(databaseName(store), version);
    request.onupgradeneeded = () => {
      const { result } = request;
      for (const table of TABLES) {
        if (!result.objectStoreNames.contains(table)) result.createObjectStore(table);
      }
    };
    request.onsuccess = () => (late ? request.result.close() : resolve(request.result));
    request.onerror = () => reject(failure(request.error));
    request.onblocked = () => {
      late = true;
      reject(blocked(store));
    };
  });
}

/** Where a page may not use IndexedDB, its very methods throw. */
async function attempt<T>(method: () => Promise<T>): Promise<T> {
  try {
    return await method();
  } catch (cause) {
    throw failure(cause);
  }
}

function factory(): IDBFactory {
  // Some browsers have it as `null` where a page may not use it.
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
