/**
 * What the cases are written with: a handle that checks the shape of every answer, short writes, and
 * comparisons whose failure names what was found and what was expected.
 */

import type { Check, KeyRange, StorageHost, Table, Write } from "../../wasm/creel.js";

/** The three tables. */
export const TABLES: readonly Table[] = ["journal", "catalog", "history"];
/** The range of every key that the cases use. */
export const EVERY: KeyRange = { start: "!", end: "~~~~" };

export type Order = "ascending" | "descending";
/** A page of a scan with its values as texts. */
export interface TextPage {
  records: [key: string, value: string][];
  more: boolean;
}

/** One open host, whose every answer must have the shape that the contract says. */
export class Handle {
  /** The host itself. */
  readonly host: StorageHost;
  readonly #patience: number;

  /** Wraps a host; a call that is not settled after `patience` milliseconds has failed. */
  constructor(host: StorageHost, patience: number) {
    this.host = host;
    this.#patience = patience;
  }

  /** Reads values byte by byte. */
  async bytes(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]> {
    const values = await this.#settled("get", this.host.get(table, keys));
    ensure(Array.isArray(values), () => `get answered ${show(values)}, not an array`);
    equal("the number of values that get answered", values.length, keys.length);
    for (const value of values) {
      const fits = value === undefined || value instanceof Uint8Array;
      ensure(fits, () => `get answered ${show(value)}, neither a Uint8Array nor undefined`);
    }
    return values;
  }

  /** Reads values as texts. */
  async get(table: Table, keys: string[]): Promise<(string | undefined)[]> {
    const values = await this.bytes(table, keys);
    return values.map((value) => (value === undefined ? undefined : text(value)));
  }

  /** Reads a page of records byte by byte. */
  async page(
    table: Table,
    range: KeyRange,
    limit: number,
    order: Order,
  ): Promise<{ records: [string, Uint8Array][]; more: boolean }> {
    const page = await this.#settled("scan", this.host.scan(table, range, limit, order));
    const { records, more } = Object(page);
    ensure(
      Array.isArray(records),
      () => `scan answered ${show(page)}, without an array of records`,
    );
    ensure(typeof more === "boolean", () => `the scan's \`more\` is ${show(more)}, not a boolean`);
    for (const record of records) {
      const fits = typeof record?.[0] === "string" && record[1] instanceof Uint8Array;
      ensure(fits, () => `scan answered ${show(record)}, not a key and a Uint8Array`);
    }
    ensure(records.length <= limit, () => `${records.length} records for a limit of ${limit}`);
    const empty = records.length === 0 && more;
    ensure(!empty || limit === 0, () => "an empty page says that there is more");
    return { records, more };
  }

  /** Reads a page of records, values as texts. */
  async scan(table: Table, range: KeyRange, limit: number, order: Order): Promise<TextPage> {
    const { records, more } = await this.page(table, range, limit, order);
    return { records: records.map(([key, value]) => [key, text(value)]), more };
  }

  /** Reads the keys of a range in one page. */
  async keys(table: Table, range: KeyRange, order: Order = "ascending"): Promise<string[]> {
    const { records, more } = await this.page(table, range, 1000, order);
    equal("more", more, false);
    return records.map(([key]) => key);
  }

  /** Reads a whole table, page by page, as `key=value`. */
  async all(table: Table): Promise<string[]> {
    const found: string[] = [];
    let { start } = EVERY;
    for (;;) {
      const { records, more } = await this.scan(table, { ...EVERY, start }, 500, "ascending");
      found.push(...records.map(([key, value]) => `${key}=${value}`));
      const last = records.at(-1);
      if (!more || !last) return found;
      start = after(last[0]);
    }
  }

  /** Commits; an object without `checks` has none. */
  async commit(
    writes: Write[],
    checks: Check[] = [],
    durability: "relaxed" | "strict" = "relaxed",
  ): Promise<void> {
    await this.#settled("commit", this.host.commit({ checks, writes }, durability));
  }

  /** Commits what must be refused with `"conflict"`. */
  async conflict(what: string, writes: Write[], checks: Check[] = []): Promise<void> {
    const error = await this.commit(writes, checks).then(
      () => undefined,
      (error: unknown) => error,
    );
    ensure(error !== undefined, () => `${what}: the commit succeeded, expected a conflict`);
    ensure(error instanceof Error, () => `${what}: rejected with ${show(error)}, not an Error`);
    ensure(isConflict(error), () => `${what}: expected the code "conflict", found ${show(error)}`);
  }

  /** Waits for a call, but not for ever. */
  #settled<T>(method: string, answer: T | Promise<T>): Promise<T> {
    return within(this.#patience, method, answer);
  }
}

/** Waits for an answer; it fails when there is none after `patience` milliseconds. */
export function within<T>(patience: number, what: string, answer: T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${what} was not settled in ${patience} ms`));
    const timer = setTimeout(late, patience);
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** Tells whether an error is the refusal of a commit. */
export function isConflict(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === "conflict";
}

/** Fails unless `holds`. */
export function ensure(holds: boolean, message: () => string): void {
  if (!holds) throw new Error(message());
}

/** Fails unless both are the same: plain values, or arrays of such. */
export function equal<T>(what: string, found: T, expected: T): void {
  if (plain(found) === plain(expected)) return;
  // Of long arrays the first difference says more than their beginning.
  if (Array.isArray(found) && Array.isArray(expected) && expected.length > 9) {
    const n = expected.findIndex((value, n) => plain(value) !== plain(found[n]));
    const at = n < 0 ? expected.length : n;
    const counts = `${found.length} for ${expected.length} values`;
    equal(`${what}, ${counts}, number ${at}`, found[at], expected[at]);
  }
  throw new Error(`${what}: found ${show(found)}, expected ${show(expected)}`);
}

/** Fails unless both have the same bytes. */
export function equalBytes(
  what: string,
  found: Uint8Array | undefined,
  expected: Uint8Array,
): void {
  let same = found?.length === expected.length;
  // A loop, since some values have 16 million bytes.
  for (let n = 0; same && n < expected.length; n++) same = found?.[n] === expected[n];
  ensure(same, () => `${what}: found ${show(found)}, expected ${show(expected)}`);
}

export const insert = (table: Table, key: string, value: string): Write => {
  return { type: "insert", table, key, value: bytes(value) };
};
export const put = (table: Table, key: string, value: string): Write => {
  return { type: "put", table, key, value: bytes(value) };
};
export const remove = (table: Table, key: string): Write => ({ type: "delete", table, key });
export const removeRange = (table: Table, start: string, end: string): Write => {
  return { type: "deleteRange", table, start, end };
};

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The first key that can follow `key`. */
export function after(key: string): string {
  return `${key}\u0001`;
}

/** `count` numbers from 0 on. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** `n` with zeros before it. */
export function padded(n: number, width = 4): string {
  return String(n).padStart(width, "0");
}

function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

/** A value is long at times, and one line must name a failure. */
function show(value: unknown): string {
  if (value instanceof Error) return `${value} (${show((value as { code?: unknown }).code)})`;
  const written =
    value instanceof Uint8Array ? `${value.length} bytes [${value.slice(0, 16)}]` : plain(value);
  return written.length > 300 ? `${written.slice(0, 300)}…` : written;
}

function plain(value: unknown): string {
  try {
    // JSON knows no `undefined`, which an absent value is.
    return JSON.stringify(value, (_, inner) => (inner === undefined ? "(absent)" : inner));
  } catch {
    return String(value);
  }
}
