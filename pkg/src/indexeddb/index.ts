/**
 * The storage host over IndexedDB: three object stores of string keys and byte values.
 *
 * It holds no rules of the store. What it promises is the contract of `StorageHost`, and the
 * core's conformance suite runs over it in real browsers.
 */

import type { Batch, KeyRange, ScanPage, StorageHost, Table, Write } from "../../wasm/creel.js";
import type { CreelError } from "../errors.js";
import { Connection, conflict } from "./connection.js";
import { databaseName } from "./database.js";
import { failure } from "./failures.js";
import { News } from "./news.js";
import { scan } from "./scan.js";
import { settled } from "./settled.js";
import { Trace } from "./trace.js";

/** How many bytes one task hands to the browser, which copies and compresses them there and then. */
const SLICE = 640 * 1024;

export { destroyStore, listStores } from "./database.js";
export { estimate, persist, type SpaceEstimate } from "./space.js";

/**
 * Keeps a store in IndexedDB, in the database `creel:NAME`.
 *
 * `Creel.open` makes one by itself; make one to wrap it. Values survive the process, and with
 * `"strict"` the loss of power. Tabs tell each other over a `BroadcastChannel` of the database's
 * name that there is news, and nothing else. When another tab removes or upgrades the database,
 * every later call rejects with `closed`.
 */
export class IndexedDbHost implements StorageHost {
  /** Whether the store was there, is gone, and nothing was remembered since; see `Creel.evicted`. */
  readonly evicted: boolean;
  readonly #connection: Connection;
  readonly #committing = new Set<Promise<void>>();
  readonly #news: News;
  readonly #trace: Trace;
  #remembered = false;

  /**
   * Opens the database of the store `name`, which is made if it is absent.
   *
   * @throws {CreelError} `blocked`, `quota_exceeded`, `schema_too_new` or `storage_unavailable`.
   */
  static async open(name: string): Promise<IndexedDbHost> {
    const trace = new Trace(databaseName(name));
    const connection = await Connection.open(name, () => {
      trace.word = "lost";
    });
    return new IndexedDbHost(connection, trace, new News(databaseName(name)));
  }

  private constructor(connection: Connection, trace: Trace, news: News) {
    const { created } = connection;
    this.evicted = trace.word === "lost" || (created && trace.word !== undefined);
    // Remembered until there is something again, should this page end before it could say so.
    if (this.evicted) trace.word = "lost";
    this.#connection = connection;
    this.#trace = trace;
    this.#news = news;
  }

  /** Reads the values of `keys` from one snapshot, `undefined` where one is absent. */
  async get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#connection.read(table, (store) =>
      Promise.all(keys.map((key) => settled<Uint8Array | undefined>(store.get(key)))),
    );
  }

  /** Reads the records of a range from one snapshot; a page ends after about 4 MB. */
  async scan(
    table: Table,
    range: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage> {
    return this.#connection.read(table, (store) => scan(store, range, limit, order));
  }

  /** Applies `batch` in one transaction and resolves when that is complete. */
  async commit({ checks, writes }: Batch, durability: "relaxed" | "strict"): Promise<void> {
    const tables = [...new Set([...checks, ...writes].map(({ table }) => table))];
    if (tables.length === 0) return;
    const committing = this.#connection.write(tables, durability, (transaction, refuse) => {
      // Left to itself, the browser would wait for the page to have heard of every write, too.
      let awaited = checks.length + 1;
      const commitWhenAllIsSaid = () => --awaited === 0 && transaction.commit();
      for (const { table, key } of checks) {
        const found = transaction.objectStore(table).getKey(key);
        found.onsuccess = () =>
          found.result === undefined ? refuse(conflict()) : commitWhenAllIsSaid();
      }
      issueAll(transaction, writes, refuse, commitWhenAllIsSaid);
    });
    this.#committing.add(committing);
    try {
      await committing;
    } finally {
      this.#committing.delete(committing);
    }
    this.#news.tell();
  }

  /** Leaves a trace that the store has content, by which its removal is noticed; once is enough. */
  remember(): void {
    if (!this.#remembered) this.#trace.word = "kept";
    this.#remembered = true;
  }

  /** Closes the database once the commits that run are complete. */
  async close(): Promise<void> {
    await this.#connection.close();
    await Promise.allSettled(this.#committing);
    this.#news.close();
  }

  /**
   * Calls `callback` when another tab has committed, or this one wakes up; returns false where tabs
   * can't be heard.
   */
  watch(callback: () => void): boolean {
    return this.#news.listen(callback);
  }
}

/**
 * Issues writes from `index` on: what is more than one task should take goes on once that is done. Calls `issued` after
 * the last.
 */
function issueAll(
  transaction: IDBTransaction,
  writes: readonly Write[],
  refuse: (error: CreelError) => void,
  issued: () => void,
  index = 0,
): void {
  try {
    let last: IDBRequest | undefined;
    let bytes = 0;
    let next = index;
    for (; next < writes.length && bytes < SLICE; next++) {
      const write = writes[next] as Write;
      last = issue(transaction.objectStore(write.table), write) ?? last;
      if ("value" in write) bytes += write.value.byteLength;
    }
    if (next === writes.length) {
      issued();
      return;
    }
    // One write at least was issued; without its success the transaction is over.
    last?.addEventListener("success", () => issueAll(transaction, writes, refuse, issued, next));
  } catch (cause) {
    refuse(failure(cause));
  }
}

/** Issues a write; a range of nothing needs no request. */
function issue(store: IDBObjectStore, write: Write): IDBRequest | undefined {
  switch (write.type) {
    case "insert":
      return store.add(write.value, write.key);
    case "put":
      return store.put(write.value, write.key);
    case "delete":
      return store.delete(write.key);
    case "deleteRange":
      if (write.start >= write.end) return undefined;
      return store.delete(IDBKeyRange.bound(write.start, write.end, false, true));
  }
}
