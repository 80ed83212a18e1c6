/**
 * The contender PGlite: PostgreSQL in the page, its files in IndexedDB.
 *
 * By default a statement resolves when the files are in IndexedDB, whose transactions are relaxed;
 * PGlite offers nothing stricter.
 */

import { PGlite, type Transaction } from "@electric-sql/pglite";
import type { Contender } from "../contender.js";
import type { Item } from "../data.js";
import { SCHEMA, SQL } from "../sql.js";

const INSERT = `INSERT INTO items
  SELECT $1, $2 + at - 1, json FROM unnest($3::text[]) WITH ORDINALITY AS lines (json, at)`;
const LOAD =
  "SELECT '[' || string_agg(json, ',' ORDER BY seq) || ']' AS json FROM items WHERE thread = $1";

export function contender(): Contender {
  let database: PGlite;

  const ids = async (sql: string, ...values: unknown[]): Promise<string[]> =>
    (await database.query<{ id: string }>(sql, values)).rows.map(({ id }) => id);

  const insert = async (on: Transaction, thread: string, first: number, items: readonly Item[]) => {
    const lines = items.map((item) => JSON.stringify(item));
    await on.query(INSERT, [thread, first, lines]);
  };

  return {
    async open(name, durability) {
      if (durability === "strict") throw new Error("PGlite's IndexedDB is never strict");
      const fetched = await fetch("/pglite.data");
      const [pglite, initdb] = await Promise.all(
        ["/pglite.wasm", "/initdb.wasm"].map((file) => WebAssembly.compileStreaming(fetch(file))),
      );
      database = await PGlite.create(`idb://${name}`, {
        fsBundle: await fetched.blob(),
        ...(pglite && { pgliteWasmModule: pglite }),
        ...(initdb && { initdbWasmModule: initdb }),
      });
      await database.exec(SCHEMA);
    },
    async fill(rows, items) {
      for (let first = 0; first < rows.length; first += 5_000) {
        const part = rows.slice(first, first + 5_000).map((row) => ({ row, own: items(row) }));
        await database.transaction(async (on) => {
          await on.query(
            `INSERT INTO threads
             SELECT id, root, parent, name, $1, $1, 0, length
             FROM json_to_recordset($2::json)
               AS rows (id text, root text, parent text, name text, length int)`,
            [
              Date.now(),
              JSON.stringify(part.map(({ row, own }) => ({ ...row, length: own.length }))),
            ],
          );
          const lines = part.flatMap(({ row, own }) =>
            own.map((item, seq) => ({ thread: row.id, seq, json: JSON.stringify(item) })),
          );
          await on.query(
            `INSERT INTO items SELECT thread, seq, json
             FROM json_to_recordset($1::json) AS rows (thread text, seq int, json text)`,
            [JSON.stringify(lines)],
          );
        });
      }
    },
    async append(thread, items) {
      await database.transaction(async (on) => {
        const { rows } = await on.query<{ length: number }>(SQL.touch, [
          Date.now(),
          items.length,
          thread,
        ]);
        await insert(on, thread, Number(rows[0]?.length) - items.length, items);
      });
    },
    async load(thread): Promise<Item[]> {
      const { rows } = await database.query<{ json: string }>(LOAD, [thread]);
      return JSON.parse(rows[0]?.json ?? "[]");
    },
    newest: (limit) => ids(SQL.newest, limit),
    children: (parent, limit) => ids(SQL.children, parent, limit),
    async archive(root) {
      await database.query(SQL.archive, [1, root]);
    },
    async unarchive(root) {
      await database.query(SQL.archive, [0, root]);
    },
    async remove(root, committed) {
      await database.transaction(async (on) => {
        await on.query(SQL.removeItems, [root]);
        await on.query(SQL.removeThreads, [root]);
      });
      committed();
    },
    async close() {
      await database.close();
    },
  };
}
