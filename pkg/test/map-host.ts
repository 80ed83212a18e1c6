/** The smallest host that conforms: sorted maps that several open stores share, and that can fail. */

import {
  type Batch,
  CreelError,
  type KeyRange,
  type ScanPage,
  type StorageHost,
  type Table,
} from "creel";

export class MapHost {
  /** Whether every call fails from now on. */
  fail = false;
  /** How many values were read. */
  reads = 0;
  #tables = new Map<Table, Map<string, Uint8Array>>();

  /** Makes a handle for one store. */
  open(): StorageHost {
    return {
      get: async (table, keys) => {
        this.#check();
        this.reads += keys.length;
        return keys.map((key) => this.#table(table).get(key)?.slice());
      },
      scan: async (table, range, limit, order) => this.#scan(table, range, limit, order),
      commit: async (batch) => this.#commit(batch),
      close: async () => undefined,
    };
  }

  #scan(
    table: Table,
    { start, end }: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): ScanPage {
    this.#check();
    const all = [...this.#table(table)].filter(([key]) => start <= key && key < end);
    all.sort(([a], [b]) => (a < b ? -1 : 1));
    if (order === "descending") all.reverse();
    this.reads += Math.min(limit, all.length);
    return { records: all.slice(0, limit), more: all.length > limit };
  }

  #commit({ checks, writes }: Batch): void {
    this.#check();
    const before = new Map(this.#tables);
    const conflict = () => {
      this.#tables = before;
      throw new CreelError("conflict", "taken");
    };
    for (const { table, key } of checks) if (!this.#table(table).has(key)) conflict();
    for (const write of writes) {
      const records = new Map(this.#table(write.table));
      this.#tables.set(write.table, records);
      if (write.type === "insert" && records.has(write.key)) conflict();
      if ("value" in write) records.set(write.key, write.value);
      else if (write.type === "delete") records.delete(write.key);
      else {
        for (const key of records.keys()) {
          if (write.start <= key && key < write.end) records.delete(key);
        }
      }
    }
  }

  #table(table: Table): Map<string, Uint8Array> {
    return this.#tables.get(table) ?? new Map();
  }

  #check(): void {
    if (this.fail) throw new CreelError("storage_unavailable", "switched off", { retryable: true });
  }
}
