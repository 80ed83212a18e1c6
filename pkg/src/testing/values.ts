/** Values of every size and kind, whose they are, and pages bounded in bytes. */

import type { Write } from "../../wasm/creel.js";
import type { Case } from "./case.js";
import { after, bytes, ensure, equal, equalBytes, numbers, padded } from "./check.js";
import { ofPrefix } from "./reads.js";

const KIB = 1 << 10;
const MIB = 1 << 20;

export const values: Case[] = [
  {
    name: "values are kept byte by byte",
    async run(bench) {
      const host = await bench.open();
      const every = Uint8Array.from(numbers(256));
      await host.commit([value("put", "bytes", every), value("insert", "empty", new Uint8Array())]);
      const [found, empty] = await host.bytes("history", ["bytes", "empty"]);
      equalBytes("every byte", found, every);
      equalBytes("the empty value", empty, new Uint8Array());
      const { records } = await host.page("history", ofPrefix("bytes"), 10, "ascending");
      equalBytes("every byte in a scan", records[0]?.[1], every);
    },
  },
  {
    name: "a value that is part of a larger buffer is kept as that part",
    async run(bench) {
      const host = await bench.open();
      const whole = bytes("before|part|after");
      await host.commit([value("put", "put", whole.subarray(7, 11))]);
      await host.commit([value("insert", "insert", whole.subarray(7, 11))]);
      equal("values", await host.get("history", ["put", "insert"]), ["part", "part"]);
    },
  },
  {
    name: "a host keeps no array that it was given",
    async run(bench) {
      const host = await bench.open();
      const given = [bytes("put"), bytes("insert")] as const;
      await host.commit([value("put", "put", given[0]), value("insert", "insert", given[1])]);
      for (const one of given) one.fill(0);
      equal("values", await host.get("history", ["put", "insert"]), ["put", "insert"]);
    },
  },
  {
    name: "a host gives out no array that it keeps",
    async run(bench) {
      const host = await bench.open();
      await host.commit([value("put", "k", bytes("value"))]);
      const [got] = await host.bytes("history", ["k"]);
      got?.fill(0);
      equal("after changing what get gave", await host.get("history", ["k"]), ["value"]);
      const { records } = await host.page("history", ofPrefix("k"), 10, "ascending");
      records[0]?.[1].fill(0);
      equal("after changing what scan gave", await host.get("history", ["k"]), ["value"]);
    },
  },
  ...[64 * KIB, MIB, 16 * MIB].map((size) => ({
    name: `values of ${size / KIB} KiB are kept`,
    needs: ({ maxValue }: { maxValue: number }) => maxValue >= size,
    run: ofSize(size),
  })),
  {
    name: "keys of 200 characters are kept",
    async run(bench) {
      const host = await bench.open();
      const keys = ["a", "b"].map((end) => "k".repeat(199) + end);
      for (const key of keys) await host.commit([value("insert", key, bytes(key))]);
      equal("values", await host.get("history", keys), keys);
    },
  },
  {
    name: "a batch of 2,000 records is kept whole",
    async run(bench) {
      const host = await bench.open();
      const keys = numbers(2000).map((n) => padded(n));
      await host.commit(keys.map((key) => value("insert", key, bytes(key))));
      equal(
        "records",
        await host.all("history"),
        keys.map((key) => `${key}=${key}`),
      );
    },
  },
  {
    name: "a scan of much data ends, page by page",
    async run(bench) {
      const host = await bench.open();
      const content = noise(64 * KIB);
      for (const part of numbers(16)) {
        const keys = numbers(10).map((n) => `k/${padded(part * 10 + n)}`);
        await host.commit(keys.map((key) => value("put", key, content)));
      }
      for (const order of ["ascending", "descending"] as const) {
        let range = ofPrefix("k/");
        let found = 0;
        for (;;) {
          const { records, more } = await host.page("history", range, 1000, order);
          for (const [key, read] of records) equalBytes(key, read, content);
          found += records.length;
          const last = records.at(-1)?.[0] ?? "";
          range =
            order === "ascending" ? { ...range, start: after(last) } : { ...range, end: last };
          if (!more) break;
          ensure(found < 160, () => "the scan of 160 records never ends");
        }
        equal(order, found, 160);
      }
    },
  },
];

function ofSize(size: number): Case["run"] {
  return async (bench) => {
    const host = await bench.open();
    for (const length of [size - 1, size]) {
      const content = noise(length);
      await host.commit([value("put", "k", content)]);
      const [got] = await host.bytes("history", ["k"]);
      equalBytes(`get of ${length} bytes`, got, content);
      const { records, more } = await host.page("history", ofPrefix("k"), 10, "ascending");
      equalBytes(`scan of ${length} bytes`, records[0]?.[1], content);
      equal("records and more", [records.length, more], [1, false]);
    }
  };
}

/** Bytes that no codec finds easy. */
function noise(length: number): Uint8Array {
  const content = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let n = 0; n < length; n++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    content[n] = state >>> 8;
  }
  return content;
}

function value(type: "insert" | "put", key: string, content: Uint8Array): Write {
  return { type, table: "history", key, value: content };
}
