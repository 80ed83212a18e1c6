/** The smallest host that conforms: sorted maps in the page, shared by the handles of one name. */

import type { Batch, KeyRange, ScanPage, StorageHost, Table } from "creel";

interface Database {
  tables: Map<Table, Map<string, Uint8Array>>;
  hosts: Set<MapHost>;
}

const databases = new Map<string, Database>();

export class MapHost implements StorageHost {
  readonly #database: Database;
  readonly #watchers: (() => void)[] = [];

  constructor(name: string) {
    const database = databases.get(name) ?? { tables: new Map(), hosts: new Set() };
    databases.set(name, database);
    this.#database = database;
    database.hosts.add(this);
  }

  async get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]> {
    const records = this.#table(table);
    return keys.map((key) => records.get(key)?.slice());
  }

  async scan(
    table: Table,
    { start, end }: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage> {
    const all = [...this.#table(table)].filter(([key]) => start <= key && key < end);
    all.sort(([a], [b]) => (a < b ? -1 : 1));
    if (order === "descending") all.reverse();
    const records = all.slice(0, limit).map(([key, value]): [string, Uint8Array] => {
      return [key, value.slice()];
    });
    return { records, more: all.length > limit };
  }

  async commit({ checks, writes }: Batch): Promise<void> {
    const before = new Map(this.#database.tables);
    const conflict = () => {
      this.#database.tables = before;
      throw Object.assign(new Error("taken"), { code: "conflict" });
    };
    for (const { table, key } of checks) if (!this.#table(table).has(key)) conflict();
    for (const write of writes) {
      const records = new Map(this.#table(write.table));
      this.#database.tables.set(write.table, records);
      if (write.type === "insert" && records.has(write.key)) conflict();
      if ("value" in write) records.set(write.key, write.value.slice());
      else if (write.type === "delete") records.delete(write.key);
      else {
        for (const key of records.keys()) {
          if (write.start <= key && key < write.end) records.delete(key);
        }
      }
    }
    for (const host of this.#database.hosts) {
      if (host !== this) for (const watcher of host.#watchers) watcher();
    }
  }

  async close(): Promise<void> {
    this.#database.hosts.delete(this);
  }

  watch(callback: () => void): boolean {
    this.#watchers.push(callback);
    return true;
  }

  #table(table: Table): Map<string, Uint8Array> {
    return this.#database.tables.get(table) ?? new Map();
  }
}
