/** What `get` and `scan` must answer. */

import type { KeyRange } from "../../wasm/creel.js";
import type { Case } from "./case.js";
import {
  after,
  EVERY,
  equal,
  type Handle,
  numbers,
  type Order,
  padded,
  put,
  TABLES,
} from "./check.js";

const ORDERS: readonly Order[] = ["ascending", "descending"];
/** The largest limit that the core asks for. */
const UNLIMITED = 2 ** 32 - 1;
const FIVE = ["k/1", "k/2", "k/3", "k/4", "k/5"];

export const reads: Case[] = [
  {
    name: "get answers in the order asked, absent and repeated keys too",
    async run(bench) {
      const host = await bench.open();
      await host.commit([
        put("history", "a", "1"),
        put("history", "b", ""),
        put("history", "c", "3"),
      ]);
      const found = await host.get("history", ["c", "x", "a", "c", "b", "A", "c"]);
      equal("values", found, ["3", undefined, "1", "3", "", undefined, "3"]);
    },
  },
  {
    name: "get of no keys answers nothing",
    async run(bench) {
      const host = await bench.open();
      equal("values", await host.get("journal", []), []);
      equal("values", await host.get("journal", ["a"]), [undefined]);
    },
  },
  {
    name: "get of 1,500 keys answers each",
    async run(bench) {
      const host = await bench.open();
      const keys = numbers(1500).map((n) => `k/${padded(n, 12)}`);
      await host.commit(keys.filter((_, n) => n % 2 === 0).map((key) => put("catalog", key, key)));
      const found = await host.get("catalog", [...keys].reverse());
      equal(
        "values",
        found.reverse(),
        keys.map((key, n) => (n % 2 === 0 ? key : undefined)),
      );
    },
  },
  {
    name: "tables do not share keys",
    async run(bench) {
      const host = await bench.open();
      for (const table of TABLES) await host.commit([put(table, "same", table)]);
      for (const table of TABLES) equal(table, await host.all(table), [`same=${table}`]);
    },
  },
  {
    name: "keys compare by character code",
    async run(bench) {
      const host = await bench.open();
      const long = `m${"~".repeat(199)}`;
      const keys = "! % * -1 / 0 00 1 10 2 9 : A B Z [ _ a a! a/ a0 aA aa a~ b m".split(" ");
      keys.push(long, "z", "{", "~", "~~");
      const shuffled = keys.map((_, n) => keys[(n * 7) % keys.length] ?? "");
      await host.commit(shuffled.map((key) => put("journal", key, key)));
      equal("keys", await host.keys("journal", EVERY), keys);
      equal("values", await host.get("journal", keys), keys);
    },
  },
  {
    name: "keys that are paths, patterns or code are keys like others",
    async run(bench) {
      const host = await bench.open();
      const keys = [
        `"'`,
        "%",
        "'; --",
        ".",
        "..",
        "../up",
        "/",
        "//",
        "?*",
        "\\",
        "a/../b",
        "a/b",
        "con",
      ];
      await host.commit(keys.map((key) => put("history", key, key)));
      await host.commit([put("history", "a/b", "changed")]);
      const found = await host.get("history", [...keys, "b", "up", "a"]);
      const values = keys.map((key) => (key === "a/b" ? "changed" : key));
      equal("values", found, [...values, undefined, undefined, undefined]);
      equal("keys", await host.keys("history", EVERY), [...keys].sort());
    },
  },
  {
    name: "scan answers in both orders",
    async run(bench) {
      const host = await five(bench.open());
      for (const order of ORDERS) {
        const { records } = await host.scan("history", { start: "k/", end: "k0" }, 10, order);
        const expected = turned(FIVE, order).map((key) => [key, key.slice(2)] as [string, string]);
        equal(order, records, expected);
      }
    },
  },
  {
    name: "scan stops at the limit and says whether there is more",
    async run(bench) {
      const host = await five(bench.open());
      const cases: [number, Order, string[], boolean][] = [
        [1, "ascending", FIVE.slice(0, 1), true],
        [4, "ascending", FIVE.slice(0, 4), true],
        [5, "ascending", FIVE, false],
        [UNLIMITED, "ascending", FIVE, false],
        [2, "descending", ["k/5", "k/4"], true],
        [5, "descending", turned(FIVE, "descending"), false],
        [UNLIMITED, "descending", turned(FIVE, "descending"), false],
      ];
      // Beyond the outermost records, and from the first of them.
      const ranges = [
        { start: "k/", end: "k0" },
        { start: "k/1", end: "k/5!" },
      ];
      for (const [limit, order, keys, more] of cases) {
        for (const range of ranges) {
          const page = await host.scan("history", range, limit, order);
          const found = [page.records.map(([key]) => key), page.more];
          equal(`limit ${limit} ${order} from ${range.start}`, found, [keys, more]);
        }
      }
    },
  },
  {
    name: "scan includes the start and excludes the end",
    async run(bench) {
      const host = await five(bench.open());
      const cases: [string, string, string[]][] = [
        ["k/2", "k/4", ["k/2", "k/3"]],
        ["k/11", "k/41", ["k/2", "k/3", "k/4"]],
        ["k/5", "k/6", ["k/5"]],
        ["k/0", "k/1", []],
        ["!", "k/1!", ["k/1"]],
      ];
      for (const [start, end, keys] of cases) {
        for (const order of ORDERS) {
          const found = await host.keys("history", { start, end }, order);
          equal(`${start} to ${end} ${order}`, found, turned(keys, order));
        }
      }
    },
  },
  {
    name: "scan of an empty range answers nothing",
    async run(bench) {
      const host = await five(bench.open());
      const ranges = ["k/3 k/3", "k/4 k/2", "l m", "~ !"].map((range) => range.split(" "));
      for (const [start = "", end = ""] of ranges) {
        for (const order of ORDERS) {
          equal(`${start} to ${end}`, await host.keys("history", { start, end }, order), []);
        }
      }
    },
  },
  {
    name: "a prefix range holds the prefix's keys alone, those with ~ too",
    async run(bench) {
      const host = await bench.open();
      const keys = "a a. a/ a/! a/b a/~ a/~~ a0 a~ a~b b ~ ~a".split(" ");
      await host.commit(keys.map((key) => put("history", key, "")));
      for (const prefix of ["a", "a/", "a/~", "a~", "~", "a/b", "c", "a%", "a_"]) {
        const expected = keys.filter((key) => key.startsWith(prefix));
        equal(`prefix ${prefix}`, await host.keys("history", ofPrefix(prefix)), expected);
      }
    },
  },
  {
    name: "a scan goes on from page to page in both orders",
    async run(bench) {
      const host = await bench.open();
      const keys = numbers(100).map((n) => `p/${padded(n)}`);
      await host.commit(keys.map((key) => put("history", key, "value")));
      for (const order of ORDERS) {
        let range = ofPrefix("p/");
        const found: string[] = [];
        for (;;) {
          const { records, more } = await host.page("history", range, 7, order);
          found.push(...records.map(([key]) => key));
          const last = found.at(-1) ?? "";
          range =
            order === "ascending" ? { ...range, start: after(last) } : { ...range, end: last };
          if (!more) break;
        }
        equal(order, found, turned(keys, order));
      }
    },
  },
];

/** The range of every key that starts with `prefix`. */
export function ofPrefix(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1);
  return { start: prefix, end: prefix.slice(0, -1) + String.fromCharCode(last + 1) };
}

async function five(opening: Promise<Handle>): Promise<Handle> {
  const host = await opening;
  await host.commit(FIVE.map((key) => put("history", key, key.slice(2))));
  return host;
}

function turned(keys: readonly string[], order: Order): string[] {
  return order === "ascending" ? [...keys] : [...keys].reverse();
}
