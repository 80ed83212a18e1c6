/** A host of one's own for a single process: three sorted maps in one file of JSON. */

import { readFile, rename, writeFile } from "node:fs/promises";

const failure = (code) => Object.assign(new Error(code), { code });

export async function fileHost(file) {
  const stored = await readFile(file, "utf8").catch(() => "{}");
  let tables = new Map(
    Object.entries(JSON.parse(stored)).map(([name, all]) => [name, new Map(all)]),
  );
  const table = (name) => tables.get(name) ?? new Map();
  let turn = Promise.resolve();

  async function apply({ checks, writes }) {
    const next = new Map([...tables].map(([name, records]) => [name, new Map(records)]));
    if (checks.some(({ table: name, key }) => !table(name).has(key))) throw failure("conflict");
    for (const write of writes) {
      const records = next.get(write.table) ?? new Map();
      next.set(write.table, records);
      if (write.type === "insert" && records.has(write.key)) throw failure("conflict");
      if ("value" in write) records.set(write.key, Buffer.from(write.value).toString("base64"));
      else if (write.type === "delete") records.delete(write.key);
      else {
        for (const key of records.keys()) {
          if (write.start <= key && key < write.end) records.delete(key);
        }
      }
    }
    const json = JSON.stringify(
      Object.fromEntries([...next].map(([name, all]) => [name, [...all]])),
    );
    await writeFile(`${file}.new`, json);
    await rename(`${file}.new`, file);
    tables = next;
  }

  const bytes = (text) => (text === undefined ? undefined : Buffer.from(text, "base64"));
  return {
    get: async (name, keys) => keys.map((key) => bytes(table(name).get(key))),
    scan: async (name, { start, end }, limit, order) => {
      const keys = [...table(name).keys()].filter((key) => start <= key && key < end).sort();
      if (order === "descending") keys.reverse();
      const records = keys.slice(0, limit).map((key) => [key, bytes(table(name).get(key))]);
      return { records, more: keys.length > limit };
    },
    commit: (batch) => {
      const applied = turn.then(() => apply(batch));
      turn = applied.catch(() => undefined);
      return applied;
    },
    close: () => turn,
  };
}
