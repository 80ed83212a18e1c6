/** A storage host for one process: three maps in one file of JSON, which is replaced whole by each commit. */

import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

export class FileHost {
  #tables = new Map();
  #turn = Promise.resolve();

  static async open(file) {
    const host = new FileHost();
    host.file = file;
    await mkdir(dirname(file), { recursive: true });
    const text = await readFile(file, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    host.#tables = new Map(
      Object.entries(JSON.parse(text)).map(([name, all]) => [name, new Map(all)]),
    );
    return host;
  }

  async get(table, keys) {
    return keys.map((key) => bytes(this.#tables.get(table)?.get(key)));
  }

  async scan(table, { start, end }, limit, order) {
    const records = this.#tables.get(table) ?? new Map();
    const keys = [...records.keys()].filter((key) => start <= key && key < end).sort();
    if (order === "descending") keys.reverse();
    const page = keys.slice(0, limit).map((key) => [key, bytes(records.get(key))]);
    return { records: page, more: keys.length > limit };
  }

  commit(batch) {
    const applied = this.#turn.then(() => this.#apply(batch));
    this.#turn = applied.catch(() => undefined);
    return applied;
  }

  async close() {
    await this.#turn;
  }

  async #apply({ checks, writes }) {
    const next = new Map([...this.#tables].map(([name, records]) => [name, new Map(records)]));
    const refuse = () => {
      throw Object.assign(new Error("another commit was first"), { code: "conflict" });
    };
    for (const { table, key } of checks) if (!next.get(table)?.has(key)) refuse();
    for (const { type, table, key, value, start, end } of writes) {
      const records = next.get(table) ?? next.set(table, new Map()).get(table);
      if (type === "insert" && records.has(key)) refuse();
      if (value) records.set(key, Buffer.from(value).toString("base64"));
      else if (type === "delete") records.delete(key);
      else
        for (const one of [...records.keys()]) if (start <= one && one < end) records.delete(one);
    }
    // Whole and on the disk before it takes the place of what was there.
    const file = await open(`${this.file}.new`, "w");
    await file.writeFile(
      JSON.stringify(Object.fromEntries([...next].map(([name, all]) => [name, [...all]]))),
    );
    await file.sync();
    await file.close();
    await rename(`${this.file}.new`, this.file);
    this.#tables = next;
  }
}

const bytes = (text) =>
  text === undefined ? undefined : new Uint8Array(Buffer.from(text, "base64"));
