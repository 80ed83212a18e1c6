/** The worker of the contender sqlite-wasm: SQLite over the pool of access handles in OPFS. */

import sqlite3InitModule, {
  type BindableValue,
  type OpfsSAHPoolDatabase,
  type PreparedStatement,
  type SAHPoolUtil,
} from "@sqlite.org/sqlite-wasm";
import { SCHEMA, SQL } from "../sql.js";
import type { Answer, Call, Calls } from "./sqlite-calls.js";

let pool: SAHPoolUtil;
let database: OpfsSAHPoolDatabase;
const prepared = new Map<string, PreparedStatement>();

const INSERT = "INSERT INTO items VALUES ($1, $2, $3)";
const LOAD = "SELECT json FROM items WHERE thread = $1 ORDER BY seq";

/** Runs a prepared statement and returns the first column of its rows. */
function run(sql: string, ...values: BindableValue[]): unknown[] {
  let statement = prepared.get(sql);
  if (!statement) {
    statement = database.prepare(sql);
    prepared.set(sql, statement);
  }
  try {
    const rows: unknown[] = [];
    if (values.length > 0) statement.bind(values);
    while (statement.step()) rows.push(statement.get(0));
    return rows;
  } finally {
    statement.reset(true);
  }
}

function transaction(work: () => void): void {
  run("BEGIN IMMEDIATE");
  try {
    work();
    run("COMMIT");
  } catch (error) {
    run("ROLLBACK");
    throw error;
  }
}

const calls: Calls = {
  async open(name, durability) {
    const sqlite = await sqlite3InitModule();
    pool = await sqlite.installOpfsSAHPoolVfs({ name });
    database = new pool.OpfsSAHPoolDb(`/${name}.sqlite`);
    // The pool belongs to one page anyhow; without locks the journal's file stays, which is fastest.
    database.exec("PRAGMA locking_mode = exclusive");
    // Strict is SQLite's default. Relaxed leaves flushing to the system: what is written survives
    // the process, as with IndexedDB.
    database.exec(`PRAGMA synchronous = ${durability === "strict" ? "FULL" : "OFF"}`);
    database.exec(SCHEMA);
  },
  fill(threads) {
    transaction(() => {
      for (const { row, lines } of threads) {
        run(SQL.thread, row.id, row.root, row.parent, row.name, Date.now(), lines.length);
        for (const [seq, line] of lines.entries()) run(INSERT, row.id, seq, line);
      }
    });
  },
  append(thread, lines) {
    const items = lines.split("\n");
    transaction(() => {
      const length = Number(run(SQL.touch, Date.now(), items.length, thread)[0]);
      const first = length - items.length;
      for (const [at, item] of items.entries()) run(INSERT, thread, first + at, item);
    });
  },
  load: (thread) => `[${run(LOAD, thread).join(",")}]`,
  newest: (limit) => run(SQL.newest, limit).map(String),
  children: (parent, limit) => run(SQL.children, parent, limit).map(String),
  archive: (root, archived) => void run(SQL.archive, archived, root),
  remove(root) {
    transaction(() => {
      run(SQL.removeItems, root);
      run(SQL.removeThreads, root);
    });
  },
  close() {
    for (const statement of prepared.values()) statement.finalize();
    prepared.clear();
    database.close();
    pool.pauseVfs();
  },
};

addEventListener("message", async ({ data: { id, name, args } }: MessageEvent<Call>) => {
  const answer: Answer = { id };
  try {
    answer.value = await (calls[name] as (...args: unknown[]) => unknown)(...args);
  } catch (error) {
    answer.error = String(error);
  }
  postMessage(answer);
});
