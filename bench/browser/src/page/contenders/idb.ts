/** The contender idb: a record a thread and a record an item, with indexes, in that library's promises. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Contender, Durability } from "../contender.js";
import type { Item, Row } from "../data.js";
import { type ItemRecord, record, type Thread } from "../records.js";

interface Schema extends DBSchema {
  threads: {
    key: string;
    value: Thread;
    indexes: {
      updated: [number, number];
      parent: [string, number, number];
      root: string;
    };
  };
  items: { key: [string, number]; value: ItemRecord };
}

export function contender(): Contender {
  let database: IDBPDatabase<Schema>;
  let durability: Durability;

  const write = () => database.transaction(["threads", "items"], "readwrite", { durability });
  const of = (thread: string) => IDBKeyRange.bound([thread], [thread, []]);

  async function setArchived(root: string, archived: number): Promise<void> {
    const transaction = write();
    const threads = transaction.objectStore("threads");
    const rows = await threads.index("root").getAll(root);
    await Promise.all(rows.map((row) => threads.put({ ...row, archived })));
    await transaction.done;
  }

  async function list(
    name: "updated" | "parent",
    range: IDBKeyRange,
    limit: number,
  ): Promise<string[]> {
    const found: string[] = [];
    const { store } = database.transaction("threads");
    let cursor = await store.index(name).openCursor(range, "prev");
    while (cursor && found.length < limit) {
      found.push(cursor.value.id);
      cursor = await cursor.continue();
    }
    return found;
  }

  return {
    async open(name, asked) {
      durability = asked;
      database = await openDB<Schema>(name, 1, {
        upgrade(created) {
          const threads = created.createObjectStore("threads", { keyPath: "id" });
          threads.createIndex("updated", ["archived", "updatedAt"]);
          threads.createIndex("parent", ["parent", "archived", "updatedAt"]);
          threads.createIndex("root", "root");
          created.createObjectStore("items", { keyPath: ["thread", "seq"] });
        },
      });
    },
    async fill(rows: readonly Row[], items: (row: Row) => readonly Item[]) {
      for (let first = 0; first < rows.length; first += 1_000) {
        const transaction = write();
        const threads = transaction.objectStore("threads");
        const store = transaction.objectStore("items");
        for (const row of rows.slice(first, first + 1_000)) {
          const own = items(row);
          for (const [seq, item] of own.entries()) void store.put({ thread: row.id, seq, item });
          void threads.put(record(row, own.length));
        }
        await transaction.done;
      }
    },
    async append(thread, items) {
      const transaction = write();
      const threads = transaction.objectStore("threads");
      const store = transaction.objectStore("items");
      const row = await threads.get(thread);
      if (!row) throw new Error(`no thread ${thread}`);
      const first = row.length;
      row.length += items.length;
      row.updatedAt = Date.now();
      await Promise.all([
        threads.put(row),
        ...items.map((item, at) => store.put({ thread, seq: first + at, item })),
        transaction.done,
      ]);
    },
    async load(thread) {
      return (await database.getAll("items", of(thread))).map(({ item }) => item);
    },
    newest: (limit) => list("updated", IDBKeyRange.bound([0], [0, []]), limit),
    children: (parent, limit) =>
      list("parent", IDBKeyRange.bound([parent, 0], [parent, 0, []]), limit),
    archive: (root) => setArchived(root, 1),
    unarchive: (root) => setArchived(root, 0),
    async remove(root, committed) {
      const transaction = write();
      const threads = transaction.objectStore("threads");
      const items = transaction.objectStore("items");
      for (const id of await threads.index("root").getAllKeys(root)) {
        void threads.delete(id);
        void items.delete(of(id));
      }
      await transaction.done;
      committed();
    },
    async close() {
      database.close();
    },
  };
}
