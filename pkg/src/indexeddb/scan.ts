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
  if (limit === 1 && order === "ascending" && isRecording(store)) return first(store, range);
  const read = order === "ascending" ? ascending : descending;
  let bytes = 0;
  let count = FIRST_RECORDS;
  for (;;) {
    const page = await read(store, range, Math.min(count, limit - records.length));
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
    range =
      order === "ascending"
        ? IDBKeyRange.bound(last, end, true, true)
        : IDBKeyRange.bound(start, last, false, true);
  }
}

/** What Chromium has since version 141, and TypeScript does not know yet: reading in either direction, and records. */
interface Recording {
  getAll(options: DirectedQuery): IDBRequest<Uint8Array[]>;
  getAllKeys(options: DirectedQuery): IDBRequest<IDBValidKey[]>;
  getAllRecords(
    options: Omit<DirectedQuery, "direction">,
  ): IDBRequest<{ key: IDBValidKey; value: Uint8Array }[]>;
}

interface DirectedQuery {
  query: IDBKeyRange;
  count: number;
  direction: IDBCursorDirection;
}

function isRecording(store: IDBObjectStore): store is IDBObjectStore & Recording {
  return "getAllRecords" in store;
}

/**
 * Reads the first record, or sees that there is none, in one pass: LevelDB goes slowly over what was deleted there.
 * More records are no faster to read so.
 */
async function first(store: IDBObjectStore & Recording, query: IDBKeyRange): Promise<ScanPage> {
  const [record] = await settled(store.getAllRecords({ query, count: 1 }));
  if (!record) return { records: [], more: false };
  const key = record.key as string;
  const next = store.getKey(IDBKeyRange.bound(key, query.upper, true, true));
  return { records: [[key, record.value]], more: (await settled(next)) !== undefined };
}

async function ascending(
  store: IDBObjectStore,
  query: IDBKeyRange,
  count: number,
): Promise<ScanPage> {
  return together(store.getAllKeys(query, count + 1), store.getAll(query, count));
}

async function descending(
  store: IDBObjectStore,
  query: IDBKeyRange,
  count: number,
): Promise<ScanPage> {
  if (!isRecording(store)) return oneByOne(store, query, count);
  const direction = "prev";
  const keys = store.getAllKeys({ query, count: count + 1, direction });
  return together(keys, store.getAll({ query, count, direction }));
}

async function together(
  requestedKeys: IDBRequest<IDBValidKey[]>,
  requestedValues: IDBRequest<Uint8Array[]>,
): Promise<ScanPage> {
  const [keys, values] = await Promise.all([settled(requestedKeys), settled(requestedValues)]);
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
