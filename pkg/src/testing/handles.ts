/** What several calls and several handles must make of one database: races, reopening, closing, news. */

import type { Check } from "../../wasm/creel.js";
import type { Bench, Case } from "./case.js";
import {
  EVERY,
  ensure,
  equal,
  type Handle,
  insert,
  isConflict,
  numbers,
  padded,
  put,
  remove,
} from "./check.js";

const shared: NonNullable<Case["needs"]> = (abilities) => abilities.shared;
/** How often a case looks for news before there is none. */
const MOMENTS = 1000;

export const handles: Case[] = [
  {
    name: "50 concurrent commits lose nothing",
    async run(bench) {
      const host = await bench.open();
      await assertAllKept(host, host);
    },
  },
  {
    name: "50 concurrent commits of two handles lose nothing",
    needs: shared,
    run: async (bench) => assertAllKept(await bench.open(), await bench.open()),
  },
  {
    name: "of concurrent inserts of one key exactly one wins",
    async run(bench) {
      const host = await bench.open();
      await assertOneWins(host, host);
    },
  },
  {
    name: "of two handles inserting one key exactly one wins",
    needs: shared,
    run: async (bench) => assertOneWins(await bench.open(), await bench.open()),
  },
  {
    name: "a race of chained inserts leaves one chain",
    async run(bench) {
      const host = await bench.open();
      await assertOneChain([host, host, host]);
    },
  },
  {
    name: "a race of chained inserts of three handles leaves one chain",
    needs: shared,
    run: async (bench) => {
      await assertOneChain([await bench.open(), await bench.open(), await bench.open()]);
    },
  },
  {
    name: "one get is one snapshot",
    async run(bench) {
      const keys = numbers(40).map((n) => `k/${padded(n)}`);
      await assertSnapshots(bench, (reader) => reader.get("history", keys));
    },
  },
  {
    name: "one scan is one snapshot",
    async run(bench) {
      await assertSnapshots(bench, async (reader) => {
        const { records } = await reader.scan("history", EVERY, 100, "descending");
        return records.map(([, value]) => value);
      });
    },
  },
  {
    name: "handles see each other's commits at once",
    needs: shared,
    async run(bench) {
      const [a, b] = [await bench.open(), await bench.open()];
      for (const round of numbers(20)) {
        const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
        await from.commit([put("catalog", "k", String(round))]);
        equal("value", await to.get("catalog", ["k"]), [String(round)]);
      }
    },
  },
  {
    name: "reopening keeps what was committed",
    async run(bench) {
      const expected: string[] = [];
      for (const round of numbers(5)) {
        const host = await bench.open();
        equal("history", await host.all("history"), expected);
        const key = String(round);
        const checks: Check[] = round === 0 ? [] : [{ table: "journal", key: "tip" }];
        const writes = [put("journal", "tip", key), insert("history", key, "kept")];
        await host.commit(
          [...writes, put("catalog", "gone", "x"), remove("catalog", "gone")],
          checks,
        );
        await host.conflict("an insert of before", [insert("history", key, "other")]);
        expected.push(`${key}=kept`);
        await host.host.close();
      }
      const host = await bench.open();
      equal("history", await host.all("history"), expected);
      equal("catalog", await host.all("catalog"), []);
    },
  },
  {
    name: "nothing is lost with a handle that was never closed",
    needs: shared,
    async run(bench) {
      const left = await bench.open();
      await left.commit([put("journal", "1", "x")]);
      equal("journal", await (await bench.open()).all("journal"), ["1=x"]);
    },
  },
  {
    name: "closing one handle leaves the others open",
    needs: shared,
    async run(bench) {
      const [a, b] = [await bench.open(), await bench.open()];
      await a.commit([put("journal", "1", "x")]);
      await a.host.close();
      await b.commit([put("journal", "2", "y")]);
      equal("journal", await b.all("journal"), ["1=x", "2=y"]);
    },
  },
  {
    name: "a commit that meets a close is whole or absent",
    async run(bench) {
      for (const round of numbers(10)) {
        const key = String(round);
        const host = await bench.open();
        const writes = [insert("journal", key, "x"), insert("history", key, "x")];
        const outcome = host.commit(writes).then(
          () => "committed",
          (error) => String(error?.code ?? error),
        );
        await host.host.close();
        const again = await bench.open();
        const [journal] = await again.get("journal", [key]);
        equal("both tables", await again.get("history", [key]), [journal]);
        if ((await outcome) === "committed") equal("the record", journal, "x");
        if ((await outcome) === "closed") equal("the record", journal, undefined);
        await again.host.close();
      }
    },
  },
  {
    name: "watch tells of another handle's commit, and of none once it is closed",
    needs: ({ shared, watch }) => shared && watch,
    async run(bench) {
      const [a, b] = [await bench.open(), await bench.open()];
      let news = 0;
      const told = b.host.watch?.(() => {
        news += 1;
      });
      ensure(told === undefined || told === true, () => `watch answered ${told}`);
      ensure("watch" in b.host, () => "the host has no method `watch`");
      for (const round of numbers(3)) {
        const before = news;
        await a.commit([put("journal", String(round), "x")]);
        for (const _ of numbers(MOMENTS)) {
          if (news > before) break;
          await bench.moment();
        }
        ensure(news > before, () => `no news of commit ${round}`);
      }
      await b.host.close();
      await bench.moment();
      const before = news;
      await a.commit([put("journal", "last", "x")]);
      for (const _ of numbers(50)) await bench.moment();
      equal("news after the close", news - before, 0);
    },
  },
  {
    name: "scrub keeps what is there",
    async run(bench) {
      const host = await bench.open();
      await host.commit(numbers(200).map((n) => put("history", padded(n), "value")));
      await host.commit(numbers(100).map((n) => remove("history", padded(n * 2))));
      const before = await host.all("history");
      equal("records", before.length, 100);
      for (const _ of numbers(host.host.scrub ? 2 : 0)) {
        const done = await host.host.scrub?.();
        const known = done === "physical" || done === "logicalOnly" || done === "prevented";
        ensure(known, () => `scrub answered ${JSON.stringify(done)}`);
      }
      equal("history", await host.all("history"), before);
      await host.commit([put("history", "0000", "new")]);
      equal("the next commit", await host.get("history", ["0000"]), ["new"]);
    },
  },
];

async function assertAllKept(a: Handle, b: Handle): Promise<void> {
  const keys = numbers(50).map((n) => padded(n));
  const commits = keys.map((key, n) => {
    const writes = [insert("journal", key, "entry"), insert("history", key, "items")];
    return (n % 3 === 0 ? b : a).commit(writes);
  });
  await Promise.all(commits);
  equal(
    "journal",
    await b.all("journal"),
    keys.map((key) => `${key}=entry`),
  );
  equal(
    "history",
    await a.all("history"),
    keys.map((key) => `${key}=items`),
  );
}

async function assertOneWins(a: Handle, b: Handle): Promise<void> {
  for (const round of numbers(60)) {
    const key = padded(round);
    const racers: [Handle, string][] = [
      [a, "a"],
      [b, "b"],
    ];
    if (round % 2 === 1) racers.reverse();
    const attempts = racers.map(([handle, name]) => handle.commit([insert("journal", key, name)]));
    const winner = racers[await onlyWinner(`round ${round}`, attempts)]?.[1];
    equal("the winner's value", await b.get("journal", [key]), [winner]);
  }
}

/** Each writer inserts after the newest entry and trims the one before, as a journal does. */
async function assertOneChain(writers: Handle[]): Promise<void> {
  await writers[0]?.commit([put("journal", "0000", "start")]);
  for (const round of numbers(30)) {
    const [last, next] = [padded(round), padded(round + 1)];
    const attempts = writers.map((writer, n) => {
      const writes = [insert("journal", next, String(n)), put("catalog", "winner", String(n))];
      writes.push(remove("journal", last));
      return writer.commit(writes, [{ table: "journal", key: last }], "strict");
    });
    const winner = await onlyWinner(`round ${round}`, attempts);
    for (const reader of writers) {
      equal("journal", await reader.all("journal"), [`${next}=${winner}`]);
      equal("catalog", await reader.all("catalog"), [`winner=${winner}`]);
    }
  }
}

/** Which of the racers won; all others must have met a conflict. */
async function onlyWinner(what: string, attempts: Promise<void>[]): Promise<number> {
  const results = await Promise.allSettled(attempts);
  const outcomes = results.map((result) => {
    if (result.status === "fulfilled") return "won";
    return isConflict(result.reason) ? "conflict" : String(result.reason);
  });
  const expected = ["won", ...outcomes.slice(1).map(() => "conflict")];
  equal(what, [...outcomes].sort().reverse(), expected);
  return outcomes.indexOf("won");
}

/** Writes 60 generations of 40 records while `read` looks: it must never see two of them at once. */
async function assertSnapshots(
  bench: Bench,
  read: (reader: Handle) => Promise<(string | undefined)[]>,
): Promise<void> {
  const writer = await bench.open();
  const write = (generation: number) =>
    writer.commit(numbers(40).map((n) => put("history", `k/${padded(n)}`, String(generation))));
  await write(0);
  const writing = async () => {
    for (const generation of numbers(60)) await write(generation + 1);
  };
  const reading = async () => {
    for (const _ of numbers(60)) {
      const values = await read(writer);
      equal("records", values.length, 40);
      equal("generations in one answer", new Set(values).size, 1);
    }
  };
  await Promise.all([writing(), reading()]);
}
