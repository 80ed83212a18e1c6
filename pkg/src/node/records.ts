/** Gets, scans and batches as SQL on one connection, whose statements are prepared once. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Batch, KeyRange, ScanPage, Table, Write } from "../../wasm/creel.js";
import { conflict, isConstraint } from "./failures.js";

/** The bytes of keys and values after which a page of a scan ends early. */
const SCAN_BYTES = 4 << 20;

interface Row {
  key: string;
  value: Uint8Array;
}

/** The tables of one connection. */
export class Records {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  /** Reads the values of `keys` in one transaction, which makes them one snapshot. */
  get(table: Table, keys: string[]): (Uint8Array | undefined)[] {
    const select = this.#prepared(`SELECT value FROM ${table} WHERE key = ?`);
    const value = (key: string) => (select.get(key) as Row | undefined)?.value;
    if (keys.length < 2) return keys.map(value);
    return this.inTransaction("BEGIN", () => keys.map(value));
  }

  /** Reads one page with one statement, which makes it one snapshot. */
  scan(
    table: Table,
    { start, end }: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): ScanPage {
    const records: ScanPage["records"] = [];
    if (start >= end) return { records, more: false };
    const direction = order === "ascending" ? "ASC" : "DESC";
    const range = `WHERE key >= ? AND key < ? ORDER BY key ${direction}`;
    const select = this.#prepared(`SELECT key, value FROM ${table} ${range}`);
    let bytes = 0;
    for (const row of select.iterate(start, end)) {
      if (records.length >= limit || bytes >= SCAN_BYTES) return { records, more: true };
      const { key, value } = row as unknown as Row;
      bytes += key.length + value.byteLength;
      records.push([key, value]);
    }
    return { records, more: false };
  }

  /** Checks and writes `batch` whole or not at all; returns how many records it touched. */
  apply({ checks, writes }: Batch): number {
    // The lock is taken at once: a transaction that read first could not wait for it.
    return this.inTransaction("BEGIN IMMEDIATE", () => {
      for (const { table, key } of checks) {
        const found = this.#prepared(`SELECT 1 FROM ${table} WHERE key = ?`).get(key);
        if (found === undefined) throw conflict();
      }
      let touched = 0;
      for (const write of writes) touched += this.#write(write);
      return touched;
    });
  }

  /** Runs `work` in a transaction. */
  inTransaction<T>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => T): T {
    this.#prepared(begin).run();
    try {
      const result = work();
      this.#prepared("COMMIT").run();
      return result;
    } catch (cause) {
      try {
        this.#prepared("ROLLBACK").run();
      } catch {
        // After some failures SQLite has rolled back by itself; if not even that worked, the
        // connection is found out below.
      }
      throw cause;
    }
  }

  #write(write: Write): number {
    const { table } = write;
    switch (write.type) {
      case "insert":
        try {
          return this.#run(insertInto(table), write.key, write.value);
        } catch (cause) {
          throw isConstraint(cause) ? conflict() : cause;
        }
      case "put": {
        const replace = "ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        return this.#run(`${insertInto(table)} ${replace}`, write.key, write.value);
      }
      case "delete":
        return this.#run(`DELETE FROM ${table} WHERE key = ?`, write.key);
      case "deleteRange":
        if (write.start >= write.end) return 0;
        return this.#run(`DELETE FROM ${table} WHERE key >= ? AND key < ?`, write.start, write.end);
    }
  }

  #run(sql: string, ...parameters: (string | Uint8Array)[]): number {
    return Number(this.#prepared(sql).run(...parameters).changes);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Node 22 gives SQLite nothing at all where it is given an empty array. */
function insertInto(table: Table): string {
  return `INSERT INTO ${table} VALUES (?, ifnull(?, x''))`;
}
