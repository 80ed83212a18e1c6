/** What one `commit` must do: all of it or nothing, in order, under its checks. */

import type { Check } from "../../wasm/creel.js";
import type { Case } from "./case.js";
import { equal, insert, numbers, padded, put, remove, removeRange, TABLES } from "./check.js";

export const commits: Case[] = [
  {
    name: "insert adds a record and refuses a key that exists",
    async run(bench) {
      const host = await bench.open();
      for (const table of TABLES) {
        await host.commit([insert(table, "k", "1")]);
        await host.conflict("a second insert", [insert(table, "k", "2")]);
        await host.conflict("the same value again", [insert(table, "k", "1")]);
        equal("the record", await host.all(table), ["k=1"]);
      }
    },
  },
  {
    name: "a refused insert leaves nothing of its batch",
    async run(bench) {
      const host = await bench.open();
      await host.commit([put("journal", "taken", "old")]);
      await host.commit(["a", "b", "c"].map((key) => put("history", key, key)));
      // The refusal comes first, in the middle and last.
      for (const place of numbers(5)) {
        const writes = [
          put("history", "a", "changed"),
          remove("history", "b"),
          removeRange("history", "c", "d"),
          insert("catalog", "new", "x"),
        ];
        writes.splice(place, 0, insert("journal", "taken", "new"));
        await host.conflict(`an insert at ${place}`, writes);
        equal("journal", await host.all("journal"), ["taken=old"]);
        equal("catalog", await host.all("catalog"), []);
        equal("history", await host.all("history"), ["a=a", "b=b", "c=c"]);
      }
      await host.commit([insert("catalog", "new", "x")]);
    },
  },
  {
    name: "a failed check leaves nothing of its batch",
    async run(bench) {
      const host = await bench.open();
      await host.commit([put("catalog", "there", "1")]);
      const [there, absent] = [exists("there"), exists("absent")];
      const cases = [
        [absent],
        [there, absent],
        [absent, there],
        [exists("ther")],
        [exists("THERE")],
      ];
      cases.push([{ table: "journal", key: "there" }]);
      for (const checks of cases) {
        const what = checks.map(({ table, key }) => `${table}/${key}`).join(" and ");
        const writes = [insert("journal", "1", "x"), remove("catalog", "there")];
        await host.conflict(what, writes, checks);
        equal(what, await host.all("journal"), []);
        equal(what, await host.all("catalog"), ["there=1"]);
      }
    },
  },
  {
    name: "checks and inserts of one batch are one step",
    async run(bench) {
      const host = await bench.open();
      const first: Check = { table: "journal", key: "1" };
      await host.commit([put("journal", "1", "first")]);
      await host.commit([insert("journal", "2", "second")], [first, first], "strict");
      await host.conflict("the insert is taken", [insert("journal", "2", "second")], [first]);
      await host.commit([remove("journal", "1")]);
      await host.conflict("the check fails", [insert("journal", "3", "third")], [first]);
      equal("journal", await host.all("journal"), ["2=second"]);
    },
  },
  {
    name: "checks look at the state before the batch",
    async run(bench) {
      const host = await bench.open();
      const one: Check = { table: "journal", key: "1" };
      await host.conflict("a batch meets its own check", [insert("journal", "1", "x")], [one]);
      await host.commit([put("journal", "1", "x")]);
      await host.commit([remove("journal", "1"), insert("journal", "2", "y")], [one]);
      equal("journal", await host.all("journal"), ["2=y"]);
    },
  },
  {
    name: "put adds and replaces",
    async run(bench) {
      const host = await bench.open();
      for (const value of ["first", "", "long ".repeat(2000), "shorter again"]) {
        await host.commit([put("catalog", "k", value)]);
        equal("value", await host.get("catalog", ["k"]), [value]);
      }
      equal("records", (await host.all("catalog")).length, 1);
    },
  },
  {
    name: "delete removes, and an absent key is no error",
    async run(bench) {
      const host = await bench.open();
      await host.commit([put("history", "a", "1"), put("history", "ab", "2")]);
      await host.commit([remove("history", "a"), remove("journal", "ab")]);
      await host.commit([remove("history", "a"), remove("journal", "ab")]);
      equal("history", await host.all("history"), ["ab=2"]);
    },
  },
  {
    name: "a range delete takes its keys alone",
    async run(bench) {
      const host = await bench.open();
      const keys = numbers(3).flatMap((tree) => numbers(700).map((n) => `t${tree}/${padded(n)}`));
      await host.commit(keys.map((key) => put("history", key, "v")));
      await host.commit([put("catalog", "t1/0001", "stays")]);
      const empty = ["t1/0500 t1/0500", "t2 t1", "t1/ t1/0000", "x y"].map((range) =>
        range.split(" "),
      );
      await host.commit(empty.map(([start = "", end = ""]) => removeRange("history", start, end)));
      equal("records", (await host.all("history")).length, 2100);
      await host.commit([removeRange("history", "t1/", "t10")]);
      await host.commit([removeRange("history", "t2/0001", "t2/0003")]);
      const gone = (key: string) => key.startsWith("t1/") || key === "t2/0001" || key === "t2/0002";
      const left = keys.filter((key) => !gone(key)).map((key) => `${key}=v`);
      equal("history", await host.all("history"), left);
      equal("catalog", await host.all("catalog"), ["t1/0001=stays"]);
    },
  },
  {
    name: "writes of one batch apply in order",
    async run(bench) {
      const host = await bench.open();
      const writes = ["a 1", "b 1", "c 1", "c 2"].map((line) => line.split(" "));
      await host.commit([
        ...writes.map(([key = "", value = ""]) => put("history", key, value)),
        removeRange("history", "a", "c"),
        put("history", "b", "3"),
        put("history", "d", "1"),
        remove("history", "d"),
      ]);
      equal("history", await host.all("history"), ["b=3", "c=2"]);
    },
  },
  {
    name: "an insert sees the writes before it",
    async run(bench) {
      const host = await bench.open();
      await host.commit([put("journal", "a", "old"), put("journal", "b", "old")]);
      const c = insert("journal", "c", "2");
      await host.conflict("a key inserted twice", [insert("journal", "c", "1"), c]);
      await host.conflict("a key put, then inserted", [put("journal", "c", "1"), c]);
      await host.commit([
        remove("journal", "a"),
        insert("journal", "a", "new"),
        removeRange("journal", "b", "c"),
        insert("journal", "b", "new"),
      ]);
      equal("journal", await host.all("journal"), ["a=new", "b=new"]);
    },
  },
  {
    name: "an empty batch and checks alone succeed",
    async run(bench) {
      const host = await bench.open();
      const one: Check = { table: "journal", key: "1" };
      await host.commit([]);
      await host.conflict("a check", [], [one]);
      await host.commit([put("journal", "1", "x")]);
      await host.commit([], [one]);
    },
  },
  {
    name: "both durabilities commit, and what is committed is seen at once",
    async run(bench) {
      const host = await bench.open();
      for (const [n, durability] of (
        ["relaxed", "strict", "strict", "relaxed"] as const
      ).entries()) {
        await host.commit([insert("journal", String(n), "x")], [], durability);
        equal(durability, await host.get("journal", [String(n)]), ["x"]);
      }
      equal("records", (await host.all("journal")).length, 4);
    },
  },
];

function exists(key: string): Check {
  return { table: "catalog", key };
}
