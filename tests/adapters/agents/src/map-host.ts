/** Storage that several instances in one process share, and that tells nobody of news. */

import type { Batch, KeyRange, ScanPage, StorageHost, Table } from "creel";

type Tables = Map<Table, Map<string, Uint8Array>>;

/** Makes a medium; every call of the function returned opens it once more. */
export function sharedMedium(): () => StorageHost {
  let tables: Tables = new Map();
  const table = (from: Tables, name: Table) => from.get(name) ?? new Map<string, Uint8Array>();
  return () => ({
    async get(name, keys) {
      return keys.map((key) => table(tables, name).get(key)?.slice());
    },
    async scan(name, { start, end }: KeyRange, limit, order): Promise<ScanPage> {
      const all = [...table(tables, name)].filter(([key]) => start <= key && key < end);
      all.sort(([one], [other]) => (one < other ? -1 : 1));
      if (order === "descending") all.reverse();
      return { records: all.slice(0, limit), more: all.length > limit };
    },
    async commit({ checks, writes }: Batch) {
      const next: Tables = new Map(tables);
      const refuse = (): never => {
        throw Object.assign(new Error("taken"), { code: "conflict" });
      };
      for (const check of checks) if (!table(next, check.table).has(check.key)) refuse();
      for (const write of writes) {
        const records = new Map(table(next, write.table));
        next.set(write.table, records);
        if (write.type === "insert" && records.has(write.key)) refuse();
        if ("value" in write) records.set(write.key, write.value.slice());
        else if (write.type === "delete") records.delete(write.key);
        else {
          for (const key of records.keys()) {
            if (write.start <= key && key < write.end) records.delete(key);
          }
        }
      }
      tables = next;
    },
    async close() {},
  });
}
