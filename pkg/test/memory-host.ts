/** A host that keeps its tables in maps, shared by the handles of one name: the kit passes over it. */

import type { Batch, KeyRange, ScanPage, StorageHost, Table } from "creel";

type Tables = Map<Table, Map<string, Uint8Array>>;

/** What all handles of one name share. */
export class Database {
  tables: Tables = new Map();
  readonly hosts = new Set<MemoryHost>();

  table(name: Table): Map<string, Uint8Array> {
    return this.tables.get(name) ?? new Map();
  }
}

/** One handle. */
export class MemoryHost implements StorageHost {
  readonly database: Database;
  readonly watchers: (() => void)[] = [];

  constructor(database: Database) {
    this.database = database;
    database.hosts.add(this);
  }

  async get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]> {
    const records = this.database.table(table);
    return keys.map((key) => records.get(key)?.slice());
  }

  async scan(
    table: Table,
    { start, end }: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage> {
    const all = [...this.database.table(table)].filter(([key]) => start <= key && key < end);
    all.sort(([a], [b]) => (a < b ? -1 : 1));
    if (order === "descending") all.reverse();
    const records = all.slice(0, limit).map(([key, value]): [string, Uint8Array] => {
      return [key, value.slice()];
    });
    return { records, more: all.length > limit };
  }

  async commit({ checks, writes }: Batch): Promise<void> {
    const { database } = this;
    if (checks.some(({ table, key }) => !database.table(table).has(key))) throw conflict();
    const before = database.tables;
    database.tables = new Map([...before].map(([name, records]) => [name, new Map(records)]));
    for (const write of writes) {
      const records = database.table(write.table);
      database.tables.set(write.table, records);
      if (write.type === "insert" && records.has(write.key)) {
        database.tables = before;
        throw conflict();
      }
      if ("value" in write) records.set(write.key, write.value.slice());
      else if (write.type === "delete") records.delete(write.key);
      else {
        const gone = [...records.keys()].filter((key) => write.start <= key && key < write.end);
        for (const key of gone) records.delete(key);
      }
    }
    for (const host of database.hosts) {
      if (host !== this) for (const watcher of host.watchers) watcher();
    }
  }

  async close(): Promise<void> {
    this.database.hosts.delete(this);
  }

  watch(callback: () => void): boolean {
    this.watchers.push(callback);
    return true;
  }

  async scrub(): Promise<"physical" | "logicalOnly" | "prevented"> {
    return "logicalOnly";
  }
}

/** What a host rejects a commit with. */
export function conflict(): Error {
  return Object.assign(new Error("taken"), { code: "conflict" });
}
