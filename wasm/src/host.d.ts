/** Names one of the three tables of a store. */
export type Table = "journal" | "catalog" | "history";

/** Names a range of keys: from `start`, included, to `end`, excluded; empty unless `start < end`. */
export interface KeyRange {
  start: string;
  end: string;
}

/** Names a record that must exist for a commit to happen. */
export interface Check {
  table: Table;
  key: string;
}

/** Changes one table in a commit; an `insert` of a key that exists is a conflict. */
export type Write =
  | { type: "insert" | "put"; table: Table; key: string; value: Uint8Array }
  | { type: "delete"; table: Table; key: string }
  | { type: "deleteRange"; table: Table; start: string; end: string };

/** Carries what a commit checks first and then writes, in order, all of it or nothing. */
export interface Batch {
  checks: Check[];
  writes: Write[];
}

/** Carries the records of a scan, and whether the range holds further ones after them. */
export interface ScanPage {
  records: [key: string, value: Uint8Array][];
  more: boolean;
}

/**
 * Keeps the three tables of one store: ordered maps from ASCII keys to bytes.
 *
 * Methods may be called concurrently; each is one snapshot or one transaction of its own. Keys are
 * printable ASCII of at most 200 characters and sort by character code. A value belongs to whom it
 * is given: a host keeps no array that it was given, and gives out none that it keeps.
 *
 * A host reports a failure by rejecting with an `Error` that has a `code`: `"conflict"`,
 * `"quota_exceeded"`, `"closed"`, `"blocked"`, `"corrupt"` or `"storage_unavailable"`, the last with
 * `retryable`. Anything else counts as that, and of a commit the outcome is then unknown.
 * The kit of `creel/testing` proves a host.
 */
export interface StorageHost {
  /** Reads the values of `keys` from one snapshot, in their order, `undefined` where one is absent. */
  get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]>;
  /**
   * Reads the records of `range` from one snapshot, at most `limit`.
   *
   * It may stop early to bound the bytes of a page, after one record at least; `more` says so.
   */
  scan(
    table: Table,
    range: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage>;
  /**
   * Applies `batch` whole or not at all, as one serializable step; it is durable when this resolves.
   *
   * `"strict"` survives the loss of power, `"relaxed"` the end of the process. A missing check or
   * an insert of a present key rejects with `"conflict"`, and nothing is written.
   */
  commit(batch: Batch, durability: "relaxed" | "strict"): Promise<void>;
  /** Releases the medium. It is called once, and nothing after it. */
  close(): Promise<void>;
  /**
   * Calls `callback` whenever another instance may have committed, until the host is closed.
   *
   * Leave it out, or return `false`, where the medium can't tell: the store then polls.
   */
  watch?(callback: () => void): boolean | undefined;
  /**
   * Removes the physical remains of deleted values, as far as the medium can; a deletion asks for it
   * at its end, and its receipt says what this resolved to.
   *
   * `"physical"`: no byte of them is left in the store's files. `"prevented"`: a reader kept them, and
   * the next scrub takes them along. Leave it out where the medium can't tell: `"logicalOnly"`.
   */
  scrub?(): Promise<"physical" | "logicalOnly" | "prevented">;
}
