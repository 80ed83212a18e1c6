// The contender by hand: threads and items in IndexedDB, each a record, with the indexes that they need.

import type { Contender, Note, Row } from "./work.ts";

export async function openIndexedDb(name: string): Promise<Contender> {
  await done(indexedDB.deleteDatabase(name));
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const threads = opening.result.createObjectStore("threads", { keyPath: "id" });
    threads.createIndex("updatedAt", "updatedAt");
    threads.createIndex("root", "root");
    opening.result.createObjectStore("items", { keyPath: ["thread", "seq"] });
  };
  const database = await done(opening);

  function write(): { threads: IDBObjectStore; items: IDBObjectStore; end: Promise<void> } {
    const transaction = database.transaction(["threads", "items"], "readwrite");
    const end = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return {
      threads: transaction.objectStore("threads"),
      items: transaction.objectStore("items"),
      end,
    };
  }

  return {
    async fill(trees, notes) {
      const { threads, items, end } = write();
      for (const row of trees.flat()) {
        threads.put(row);
        for (const [seq, item] of notes.entries()) items.put({ thread: row.id, seq, item });
      }
      await end;
    },
    async append(thread, notes) {
      const { threads, items, end } = write();
      // The next number, the thread's time and the items, as one step.
      items.openKeyCursor(of(thread), "prev").onsuccess = (event) => {
        const last = (event.target as IDBRequest<IDBCursor | null>).result;
        const first = last ? (last.primaryKey as [string, number])[1] + 1 : 0;
        for (const [at, item] of notes.entries()) items.put({ thread, seq: first + at, item });
      };
      threads.get(thread).onsuccess = (event) => {
        const row = (event.target as IDBRequest<Row>).result;
        threads.put({ ...row, updatedAt: Date.now() });
      };
      await end;
    },
    async newest(limit) {
      const index = database.transaction("threads").objectStore("threads").index("updatedAt");
      return (await newestOf<Row>(index, null, limit)).length;
    },
    async last(thread, limit) {
      const items = database.transaction("items").objectStore("items");
      return (await newestOf<{ item: Note }>(items, of(thread), limit)).length;
    },
    async remove(root) {
      const { threads, items, end } = write();
      threads.index("root").getAllKeys(root).onsuccess = (event) => {
        for (const id of (event.target as IDBRequest<IDBValidKey[]>).result) {
          threads.delete(id);
          items.delete(of(String(id)));
        }
      };
      await end;
    },
    async destroy() {
      database.close();
      await done(indexedDB.deleteDatabase(name));
    },
  };
}

const of = (thread: string): IDBKeyRange => IDBKeyRange.bound([thread], [thread, []]);

function newestOf<T>(
  source: IDBObjectStore | IDBIndex,
  range: IDBKeyRange | null,
  limit: number,
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const found: T[] = [];
    const request = source.openCursor(range, "prev");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor) found.push(cursor.value);
      if (cursor && found.length < limit) cursor.continue();
      else resolve(found);
    };
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
