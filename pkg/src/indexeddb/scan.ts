/**
 * Reads a range page by page inside one transaction, bounded in records and in bytes.
 *
 * IndexedDB bounds by records alone, so the first few tell how large the rest may be.
 */

import type { KeyRange, ScanPage } from "../../wasm/creel.js";
import { settled } from "./settled.js";

type Order = "ascending" | "descending";
type Records = ScanPage["records"];

/** The bytes after which a page ends. */
const PAGE_BYTES = 4 << 20;
/** The records of the first request, whose size is not known: segments have up to 128 KB. */
const FIRST_RECORDS = 64;
const MOST_RECORDS = 4096;

/** Reads at most `limit` records of `range` in `order`. */
export async function scan(
  store: IDBObjectStore,
  { start, end }: KeyRange,
  limit: number,
  order: Order,
): Promise<ScanPage> {
  const records: Records = [];
  if (start >= end) return { records, more: false };
  let range = IDBKeyRange.bound(start, end, false, true);
  if (limit < 1) return { records, more: (await settled(store.getKey(range))) !== undefined };
  const read = readingOf(store, order);
  let bytes = 0;
  let count = FIRST_RECORDS;
  for (;;) {
    const page = await read(range, Math.min(count, limit - records.length));
    for (const record of page.records) {
      bytes += record[1].byteLength;
      records.push(record);
    }
    const last = records.at(-1)?.[0];
    if (!page.more || last === undefined || records.length >= limit || bytes >= PAGE_BYTES) {
      return { records, more: page.more };
    }
    const fitting = Math.floor(((PAGE_BYTES - bytes) * records.length) / Math.max(bytes, 1));
    count = Math.min(Math.max(fitting, 1), MOST_RECORDS);
    const rest = beyond(last, range, order);
    if (!rest) return { records, more: false };
    range = rest;
  }
}

/** The part of a range that comes after a key of it; there is none for nothing. */
function beyond(key: string, { lower, upper }: IDBKeyRange, order: Order): IDBKeyRange | undefined {
  if (order === "ascending") return IDBKeyRange.bound(key, upper, true, true);
  return key === lower ? undefined : IDBKeyRange.bound(lower, key, false, true);
}

/** Reads a page of a range. */
type Read = (range: IDBKeyRange, count: number) => Promise<ScanPage>;

/** What Chromium has since version 141, and TypeScript does not know yet. */
interface Recording extends IDBObjectStore {
  getAllRecords(options: {
    query: IDBKeyRange;
    count: number;
    direction: IDBCursorDirection;
  }): IDBRequest<{ key: IDBValidKey; value: Uint8Array }[]>;
}

function isRecording(store: IDBObjectStore): store is Recording {
  return "getAllRecords" in store;
}

function readingOf(store: IDBObjectStore, order: Order): Read {
  if (isRecording(store)) return (range, count) => atOnce(store, range, count, order);
  if (order === "ascending") return (range, count) => keysAndValues(store, range, count);
  return (range, count) => oneByOne(store, range, count);
}

/** Passes over the records once; only a full page has to ask whether something comes after it. */
async function atOnce(
  store: Recording,
  query: IDBKeyRange,
  count: number,
  order: Order,
): Promise<ScanPage> {
  const direction = order === "ascending" ? "next" : "prev";
  const found = await settled(store.getAllRecords({ query, count, direction }));
  const records = found.map(({ key, value }): Records[number] => [key as string, value]);
  const last = records.at(-1)?.[0];
  if (found.length < count || last === undefined) return { records, more: false };
  const rest = beyond(last, query, order);
  return { records, more: rest !== undefined && (await settled(store.getKey(rest))) !== undefined };
}

async function keysAndValues(
  store: IDBObjectStore,
  range: IDBKeyRange,
  count: number,
): Promise<ScanPage> {
  const [keys, values] = await Promise.all([
    settled(store.getAllKeys(range, count + 1)),
    settled<Uint8Array[]>(store.getAll(range, count)),
  ]);
  const records = values.map((value, n): Records[number] => [keys[n] as string, value]);
  return { records, more: keys.length > values.length };
}

function oneByOne(store: IDBObjectStore, range: IDBKeyRange, count: number): Promise<ScanPage> {
  return new Promise((resolve, reject) => {
    const records: Records = [];
    const request = store.openCursor(range, "prev");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor || records.length === count) return resolve({ records, more: cursor !== null });
      records.push([cursor.key as string, cursor.value]);
      cursor.continue();
    };
  });
}
