/**
 * Counts what a page asks of IndexedDB, by wrapping the methods that issue requests. It has to be
 * installed before the contender is loaded, and only where nothing is timed.
 */

/** What an operation cost; an insert is an `add`, a check a `getKey`. */
export interface Counts {
  transactions: number;
  inserts: number;
  puts: number;
  deletes: number;
  checks: number;
  reads: number;
}

type Kind = Exclude<keyof Counts, "transactions">;

const STORE_METHODS: Record<string, Kind> = {
  add: "inserts",
  put: "puts",
  delete: "deletes",
  clear: "deletes",
  getKey: "checks",
};
const READS = [
  "get",
  "getAll",
  "getAllKeys",
  "getAllRecords",
  "count",
  "openCursor",
  "openKeyCursor",
];

let counts = nothing();

/** Wraps the methods. */
export function installCounting(): void {
  wrap(IDBDatabase.prototype, "transaction", "transactions");
  for (const [method, kind] of Object.entries(STORE_METHODS)) {
    wrap(IDBObjectStore.prototype, method, kind);
  }
  for (const method of READS) {
    wrap(IDBObjectStore.prototype, method, "reads");
    wrap(IDBIndex.prototype, method, "reads");
  }
  for (const method of ["get", "getKey"]) wrap(IDBIndex.prototype, method, "reads");
  for (const method of ["continue", "continuePrimaryKey", "advance"]) {
    wrap(IDBCursor.prototype, method, "reads");
  }
}

/** Returns what was counted since the last call. */
export function takeCounts(): Counts {
  const taken = counts;
  counts = nothing();
  return taken;
}

function nothing(): Counts {
  return { transactions: 0, inserts: 0, puts: 0, deletes: 0, checks: 0, reads: 0 };
}

function wrap(prototype: object, method: string, kind: keyof Counts): void {
  const methods = prototype as Record<string, unknown>;
  const original = methods[method];
  if (typeof original !== "function") return;
  methods[method] = function (this: unknown, ...args: unknown[]) {
    counts[kind] += 1;
    return original.apply(this, args);
  };
}
