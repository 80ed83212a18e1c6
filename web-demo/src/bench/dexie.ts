// The contender Dexie: the same records and indexes as by hand, in the words of that library.

import { Dexie, type EntityTable, type Table } from "dexie";
import type { Contender, Note, Row } from "./work.ts";

interface StoredNote {
  thread: string;
  seq: number;
  item: Note;
}

type Tables = Dexie & {
  threads: EntityTable<Row, "id">;
  items: Table<StoredNote, [string, number]>;
};

export async function openDexie(name: string): Promise<Contender> {
  await Dexie.delete(name);
  const database = new Dexie(name) as Tables;
  database.version(1).stores({ threads: "id, updatedAt, root", items: "[thread+seq]" });
  await database.open();
  const { threads, items } = database;
  const of = (thread: string) =>
    items.where("[thread+seq]").between([thread, Dexie.minKey], [thread, Dexie.maxKey]);

  return {
    async fill(trees, notes) {
      await database.transaction("rw", threads, items, async () => {
        const rows = trees.flat();
        await threads.bulkPut(rows);
        await items.bulkPut(
          rows.flatMap(({ id }) => notes.map((item, seq) => ({ thread: id, seq, item }))),
        );
      });
    },
    async append(thread, notes) {
      await database.transaction("rw", threads, items, async () => {
        const keys = await of(thread).reverse().limit(1).primaryKeys();
        const first = keys[0] ? keys[0][1] + 1 : 0;
        await items.bulkPut(notes.map((item, at) => ({ thread, seq: first + at, item })));
        await threads.update(thread, { updatedAt: Date.now() });
      });
    },
    async newest(limit) {
      return (await threads.orderBy("updatedAt").reverse().limit(limit).toArray()).length;
    },
    async last(thread, limit) {
      return (await of(thread).reverse().limit(limit).toArray()).length;
    },
    async remove(root) {
      await database.transaction("rw", threads, items, async () => {
        const ids = await threads.where("root").equals(root).primaryKeys();
        await threads.bulkDelete(ids);
        for (const id of ids) await of(id).delete();
      });
    },
    async destroy() {
      database.close();
      await Dexie.delete(name);
    },
  };
}
