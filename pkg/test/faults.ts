/** Hosts that break the contract in one way each, as authors of hosts do; the kit must find every one. */

import type { Batch, KeyRange, ScanPage, StorageHost, Table, Write } from "creel";
import { conflict, MemoryHost } from "./memory-host.js";

type Fault = new (...parameters: ConstructorParameters<typeof MemoryHost>) => StorageHost;
type Order = "ascending" | "descending";

const moment = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

/** A host whose batches and pages are changed on the way. */
function altering(alter: {
  batch?: (batch: Batch) => Batch;
  page?: (page: ScanPage) => ScanPage;
  range?: (range: KeyRange) => KeyRange;
  keys?: (keys: string[]) => string[];
  limit?: number;
  order?: Order;
}): Fault {
  return class extends MemoryHost {
    override get(table: Table, keys: string[]) {
      return super.get(table, alter.keys?.(keys) ?? keys);
    }
    override async scan(table: Table, range: KeyRange, limit: number, order: Order) {
      const asked = alter.range?.(range) ?? range;
      const page = await super.scan(table, asked, alter.limit ?? limit, alter.order ?? order);
      return alter.page?.(page) ?? page;
    }
    override commit(batch: Batch) {
      return super.commit(alter.batch?.(batch) ?? batch);
    }
  };
}

/** A host whose writes are changed, or left out, on the way. */
function rewriting(change: (write: Write) => Write[]): Fault {
  return altering({ batch: ({ checks, writes }) => ({ checks, writes: writes.flatMap(change) }) });
}

function withValue(change: (value: Uint8Array) => Uint8Array): Fault {
  return rewriting((write) => {
    return "value" in write ? [{ ...write, value: change(write.value) }] : [write];
  });
}

/** Every fault under its name. */
export const FAULTS: Record<string, Fault> = {
  "an insert overwrites": rewriting((write) => {
    return write.type === "insert" ? [{ ...write, type: "put" }] : [write];
  }),
  "a put refuses what exists": rewriting((write) => {
    return write.type === "put" ? [{ ...write, type: "insert" }] : [write];
  }),
  "checks are ignored": altering({ batch: ({ writes }) => ({ checks: [], writes }) }),
  "only the first check counts": altering({
    batch: ({ checks, writes }) => ({ checks: checks.slice(0, 1), writes }),
  }),
  "checks see the batch's own writes": class extends MemoryHost {
    override commit({ checks, writes }: Batch) {
      const own = (table: Table, key: string) => {
        return writes.some(
          (write) => "value" in write && write.table === table && write.key === key,
        );
      };
      return super.commit({ checks: checks.filter(({ table, key }) => !own(table, key)), writes });
    }
  },
  "a conflict keeps what came before it": class extends MemoryHost {
    override async commit({ checks, writes }: Batch) {
      for (const write of writes) await super.commit({ checks, writes: [write] });
    }
  },
  "a commit looks first and writes later": class extends MemoryHost {
    override async commit(batch: Batch) {
      const { database } = this;
      const taken = (write: Write) =>
        write.type === "insert" && database.table(write.table).has(write.key);
      if (batch.checks.some(({ table, key }) => !database.table(table).has(key))) throw conflict();
      if (batch.writes.some(taken)) throw conflict();
      await moment();
      const writes = batch.writes.map((write) => {
        return write.type === "insert" ? { ...write, type: "put" as const } : write;
      });
      await super.commit({ checks: [], writes });
    }
  },
  "a commit resolves before it is done": class extends MemoryHost {
    override async commit(batch: Batch) {
      moment()
        .then(() => super.commit(batch))
        .catch(() => undefined);
    }
  },
  "a commit that is refused never settles": class extends MemoryHost {
    override commit(batch: Batch) {
      return super.commit(batch).catch(() => new Promise<void>(() => undefined));
    }
  },
  "a conflict has no code": class extends MemoryHost {
    override commit(batch: Batch) {
      return super.commit(batch).catch(({ message }) => Promise.reject(new Error(message)));
    }
  },
  "a conflict is no error": class extends MemoryHost {
    override commit(batch: Batch) {
      return super.commit(batch).catch(({ code }) => Promise.reject({ code }));
    }
  },
  "writes are sorted": altering({
    batch: ({ checks, writes }) => {
      return { checks, writes: [...writes].sort((a, b) => (a.type < b.type ? -1 : 1)) };
    },
  }),
  "a large batch is cut": altering({
    batch: ({ checks, writes }) => ({ checks, writes: writes.slice(0, 1000) }),
  }),
  "deletes are forgotten": rewriting((write) => (write.type === "delete" ? [] : [write])),
  "range deletes are forgotten": rewriting((write) =>
    write.type === "deleteRange" ? [] : [write],
  ),
  "a range delete takes its end": rewriting((write) => {
    return write.type === "deleteRange" ? [{ ...write, end: `${write.end}!` }] : [write];
  }),
  "a range delete takes a prefix": rewriting((write) => {
    if (write.type !== "deleteRange") return [write];
    return [{ ...write, end: `${write.start}\u007f` }];
  }),
  "the limit is ignored": altering({ limit: 1e9 }),
  "the limit is one less": altering({
    page: ({ records, more }) =>
      records.length > 1 ? { records: records.slice(0, -1), more } : { records, more },
  }),
  "the order is ignored": altering({ order: "ascending" }),
  "keys sort as people sort them": altering({
    page: ({ records, more }) => {
      return { records: [...records].sort(([a], [b]) => a.localeCompare(b)), more };
    },
  }),
  "the end is included": altering({
    range: ({ start, end }) => ({ start, end: start < end ? `${end}!` : end }),
  }),
  "the start is excluded": altering({
    range: ({ start, end }) => ({ start: `${start}\u0001`, end }),
  }),
  "more is never said": altering({ page: ({ records }) => ({ records, more: false }) }),
  "more is always said": altering({ page: ({ records }) => ({ records, more: true }) }),
  "more is left out": altering({ page: ({ records }) => ({ records }) as ScanPage }),
  "get answers in order of keys": altering({ keys: (keys) => [...keys].sort() }),
  "get answers each key once": altering({ keys: (keys) => [...new Set(keys)] }),
  "get leaves out what is absent": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      return (await super.get(table, keys)).filter((value) => value !== undefined);
    }
  },
  "what is absent is null": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      return (await super.get(table, keys)).map((value) => value ?? (null as unknown as undefined));
    }
  },
  "what is absent is empty": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      return (await super.get(table, keys)).map((value) => value ?? new Uint8Array());
    }
  },
  "what is empty is absent": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      return (await super.get(table, keys)).map((value) => (value?.length ? value : undefined));
    }
  },
  "values are texts": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      const values = await super.get(table, keys);
      return values.map((value) => value && (text(value) as unknown as Uint8Array));
    }
  },
  "values went through a text": withValue((value) => bytes(text(value))),
  "values end at a zero": withValue((value) => {
    const zero = value.indexOf(0);
    return zero < 0 ? value : value.slice(0, zero);
  }),
  "values end at 64 KB": withValue((value) => value.slice(0, 65_535)),
  "the whole buffer is kept": withValue((value) => new Uint8Array(value.buffer)),
  "keys know no case": class extends MemoryHost {
    override get(table: Table, keys: string[]) {
      return super.get(
        table,
        keys.map((key) => key.toLowerCase()),
      );
    }
  },
  "keys are paths": rewriting((write) => {
    if (!("value" in write)) return [write];
    return [{ ...write, key: write.key.replace(/[^/]+\/\.\.\//, "") }];
  }),
  "keys end at 128 characters": rewriting((write) => {
    return "value" in write ? [{ ...write, key: write.key.slice(0, 128) }] : [write];
  }),
  "tables share their keys": class extends MemoryHost {
    override get(_: Table, keys: string[]) {
      return super.get("journal", keys);
    }
    override commit({ checks, writes }: Batch) {
      const table = "journal" as const;
      return super.commit({
        checks: checks.map((check) => ({ ...check, table })),
        writes: writes.map((write) => ({ ...write, table })),
      });
    }
  },
  "the array given is kept": class extends MemoryHost {
    override async commit(batch: Batch) {
      await super.commit(batch);
      for (const write of batch.writes) {
        const records = this.database.table(write.table);
        if ("value" in write && records.has(write.key)) records.set(write.key, write.value);
      }
    }
  },
  "get gives out what is kept": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      return keys.map((key) => this.database.table(table).get(key));
    }
  },
  "scan gives out what is kept": class extends MemoryHost {
    override async scan(table: Table, range: KeyRange, limit: number, order: Order) {
      const { records, more } = await super.scan(table, range, limit, order);
      const kept = this.database.table(table);
      return {
        records: records.map(([key, value]) => [key, kept.get(key) ?? value]),
        more,
      } as ScanPage;
    }
  },
  "a get is several snapshots": class extends MemoryHost {
    override async get(table: Table, keys: string[]) {
      const values: (Uint8Array | undefined)[] = [];
      for (const key of keys) values.push(...(await super.get(table, [key])));
      return values;
    }
  },
  "a scan is several snapshots": class extends MemoryHost {
    override async scan(table: Table, range: KeyRange, limit: number, order: Order) {
      const { records, more } = await super.scan(table, range, limit, order);
      const keys = records.map(([key]) => key);
      const values: (Uint8Array | undefined)[] = [];
      for (const key of keys) values.push(...(await super.get(table, [key])));
      return { records: keys.map((key, n) => [key, values[n]]), more } as ScanPage;
    }
  },
  "closing loses the last commit": class extends MemoryHost {
    #before = this.database.tables;
    override commit(batch: Batch) {
      this.#before = this.database.tables;
      return super.commit(batch);
    }
    override async close() {
      this.database.tables = this.#before;
      return super.close();
    }
  },
  "closing one closes all": class extends MemoryHost {
    override async commit(batch: Batch) {
      if (!this.database.hosts.has(this)) throw new Error("closed");
      return super.commit(batch);
    }
    override async close() {
      this.database.hosts.clear();
    }
  },
  "a handle sees its own commits alone": class extends MemoryHost {
    readonly #seen = new Map<string, Uint8Array>();
    override async commit(batch: Batch) {
      await super.commit(batch);
      for (const write of batch.writes) {
        if ("value" in write) this.#seen.set(write.key, write.value.slice());
      }
    }
    override async get(table: Table, keys: string[]) {
      const values = await super.get(table, keys);
      return values.map((value, n) => value && (this.#seen.get(keys[n] ?? "")?.slice() ?? value));
    }
  },
  "watch promises news that never comes": class extends MemoryHost {
    override watch() {
      return true;
    }
  },
  "watch goes on after the close": class extends MemoryHost {
    override async close() {}
  },
  "a scrub takes everything": class extends MemoryHost {
    override async scrub() {
      this.database.tables = new Map();
      return "physical" as const;
    }
  },
  "a scrub says nothing": class extends MemoryHost {
    override async scrub() {
      return undefined as unknown as "physical";
    }
  },
};
