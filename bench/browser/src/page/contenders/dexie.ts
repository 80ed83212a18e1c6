/** The contender Dexie: the records and indexes of `idb`, in the words of that library. */

import { Dexie, type EntityTable, type Table } from "dexie";
import type { Contender } from "../contender.js";
import type { Item, Row } from "../data.js";
import { type ItemRecord, record, type Thread } from "../records.js";

type Tables = Dexie & {
  threads: EntityTable<Thread, "id">;
  items: Table<ItemRecord, [string, number]>;
};

export function contender(): Contender {
  let database: Tables;

  const write = <T>(work: () => Promise<T>): Promise<T> =>
    database.transaction("rw", database.threads, database.items, work);
  const of = (thread: string) =>
    database.items.where("[thread+seq]").between([thread, Dexie.minKey], [thread, Dexie.maxKey]);

  async function setArchived(root: string, archived: number): Promise<void> {
    await write(() => database.threads.where("root").equals(root).modify({ archived }));
  }

  return {
    async open(name, durability) {
      database = new Dexie(name, { chromeTransactionDurability: durability }) as Tables;
      database.version(1).stores({
        threads: "id, [archived+updatedAt], [parent+archived+updatedAt], root",
        items: "[thread+seq]",
      });
      await database.open();
    },
    async fill(rows: readonly Row[], items: (row: Row) => readonly Item[]) {
      for (let first = 0; first < rows.length; first += 1_000) {
        const part = rows.slice(first, first + 1_000).map((row) => ({ row, own: items(row) }));
        await write(async () => {
          await database.threads.bulkPut(part.map(({ row, own }) => record(row, own.length)));
          await database.items.bulkPut(
            part.flatMap(({ row, own }) => own.map((item, seq) => ({ thread: row.id, seq, item }))),
          );
        });
      }
    },
    async append(thread, items) {
      await write(async () => {
        const row = await database.threads.get(thread);
        if (!row) throw new Error(`no thread ${thread}`);
        const first = row.length;
        await database.items.bulkPut(items.map((item, at) => ({ thread, seq: first + at, item })));
        const length = first + items.length;
        await database.threads.put({ ...row, length, updatedAt: Date.now() });
      });
    },
    async load(thread) {
      return (await of(thread).toArray()).map(({ item }) => item);
    },
    async newest(limit) {
      const found = await database.threads
        .where("[archived+updatedAt]")
        .between([0, Dexie.minKey], [0, Dexie.maxKey])
        .reverse()
        .limit(limit)
        .toArray();
      return found.map(({ id }) => id);
    },
    async children(parent, limit) {
      const found = await database.threads
        .where("[parent+archived+updatedAt]")
        .between([parent, 0, Dexie.minKey], [parent, 0, Dexie.maxKey])
        .reverse()
        .limit(limit)
        .toArray();
      return found.map(({ id }) => id);
    },
    archive: (root) => setArchived(root, 1),
    unarchive: (root) => setArchived(root, 0),
    async remove(root, committed) {
      await write(async () => {
        const ids = await database.threads.where("root").equals(root).primaryKeys();
        await database.threads.bulkDelete(ids);
        for (const id of ids) await of(id).delete();
      });
      committed();
    },
    async close() {
      database.close();
    },
  };
}
