/**
 * The contender by hand: IndexedDB with indexes on a record a thread, and histories as segments of
 * JSONL. Single items are kept as records of their own and packed into a segment of 60 KB when
 * there are enough of them, in the transaction that appends.
 */

import type { Contender, Durability } from "../contender.js";
import type { Item, Row } from "../data.js";

const SEGMENT = 60_000;

interface Thread {
  id: string;
  root: string;
  parent: string;
  name: string;
  createdAt: number;
  updatedAt: number;
  /** 0 or 1, since IndexedDB can't index a boolean. */
  archived: number;
  length: number;
  /** Where the items begin that are not packed yet, and their bytes. */
  tail: number;
  tailBytes: number;
}

/** The index takes no null. */
const NO_PARENT = "";

export function contender(): Contender {
  let database: IDBDatabase;
  let durability: Durability;

  /** Runs `work`, which issues requests, and resolves when the transaction is complete. */
  function write(work: (threads: IDBObjectStore, segments: IDBObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(["threads", "segments"], "readwrite", {
        durability,
      });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore("threads"), transaction.objectStore("segments"));
    });
  }

  function setArchived(root: string, archived: number): Promise<void> {
    return write((threads) => {
      threads.index("root").getAll(root).onsuccess = ({ target }) => {
        for (const row of (target as IDBRequest<Thread[]>).result)
          threads.put({ ...row, archived });
      };
    });
  }

  return {
    async open(name, asked) {
      durability = asked;
      const opening = indexedDB.open(name, 1);
      opening.onupgradeneeded = () => {
        const threads = opening.result.createObjectStore("threads", { keyPath: "id" });
        threads.createIndex("updated", ["archived", "updatedAt"]);
        threads.createIndex("parent", ["parent", "archived", "updatedAt"]);
        threads.createIndex("root", "root");
        opening.result.createObjectStore("segments");
      };
      database = await done(opening);
    },
    async fill(rows: readonly Row[], items: (row: Row) => readonly Item[]) {
      for (let first = 0; first < rows.length; first += 1_000) {
        await write((threads, segments) => {
          for (const row of rows.slice(first, first + 1_000)) {
            const own = items(row);
            for (const [at, lines] of packed(own)) segments.put(lines, [row.id, at]);
            threads.put(record(row, own.length));
          }
        });
      }
    },
    append(thread, items) {
      return write((threads, segments) => {
        threads.get(thread).onsuccess = ({ target }) => {
          const row = (target as IDBRequest<Thread>).result;
          const first = row.length;
          const lines = packed(items);
          for (const [at, text] of lines) segments.put(text, [thread, first + at]);
          row.length += items.length;
          row.updatedAt = Date.now();
          if (items.length === 1) row.tailBytes += lines[0]?.[1].length ?? 0;
          else {
            row.tail = row.length;
            row.tailBytes = 0;
          }
          if (row.tailBytes > SEGMENT) {
            const { tail } = row;
            const range = IDBKeyRange.bound([thread, tail], [thread, row.length]);
            segments.getAll(range).onsuccess = ({ target }) => {
              segments.delete(range);
              segments.put((target as IDBRequest<string[]>).result.join("\n"), [thread, tail]);
            };
            row.tail = row.length;
            row.tailBytes = 0;
          }
          threads.put(row);
        };
      });
    },
    async load(thread) {
      const segments = database.transaction("segments").objectStore("segments");
      const texts: string[] = await done(segments.getAll(of(thread)));
      return texts.flatMap((text): Item[] => JSON.parse(`[${text.replaceAll("\n", ",")}]`));
    },
    newest(limit) {
      const range = IDBKeyRange.bound([0], [0, []]);
      return list(database, "updated", range, limit);
    },
    children(parent, limit) {
      const range = IDBKeyRange.bound([parent, 0], [parent, 0, []]);
      return list(database, "parent", range, limit);
    },
    archive: (root) => setArchived(root, 1),
    unarchive: (root) => setArchived(root, 0),
    async remove(root, committed) {
      await write((threads, segments) => {
        threads.index("root").getAllKeys(root).onsuccess = ({ target }) => {
          for (const id of (target as IDBRequest<string[]>).result) {
            threads.delete(id);
            segments.delete(of(id));
          }
        };
      });
      committed();
    },
    async close() {
      database.close();
    },
  };
}

const of = (thread: string): IDBKeyRange => IDBKeyRange.bound([thread], [thread, []]);

/** Packs items into segments, each with the place of its first item. */
function packed(items: readonly Item[]): [first: number, lines: string][] {
  const segments: [number, string][] = [];
  let lines: string[] = [];
  let bytes = 0;
  let first = 0;
  for (const [at, item] of items.entries()) {
    const line = JSON.stringify(item);
    lines.push(line);
    bytes += line.length;
    if (bytes >= SEGMENT || at === items.length - 1) {
      segments.push([first, lines.join("\n")]);
      [lines, bytes, first] = [[], 0, at + 1];
    }
  }
  return segments;
}

/** Reads the rows at the end of an index, in one request where the browser can. */
async function list(
  database: IDBDatabase,
  name: string,
  range: IDBKeyRange,
  limit: number,
): Promise<string[]> {
  const index = database.transaction("threads").objectStore("threads").index(name);
  // Chromium's since version 141; TypeScript does not know it yet.
  const options = { query: range, count: limit, direction: "prev" };
  const rows: Thread[] = await done(index.getAll(options as unknown as IDBKeyRange));
  return rows.map(({ id }) => id);
}

function record({ id, root, parent, name }: Row, length: number): Thread {
  const now = Date.now();
  return {
    id,
    root,
    parent: parent ?? NO_PARENT,
    name,
    createdAt: now,
    updatedAt: now,
    archived: 0,
    length,
    tail: length,
    tailBytes: 0,
  };
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
