/** The workloads W1 to W6: which work is done how often, and what its cases are called. */

import type { Contender, Field } from "./field.js";
import { id, LARGE, SMALL } from "./page/data.js";
import type { Plan } from "./plan.js";

/** How often a list is read a round, and anything by who takes a hundred times as long. */
const LISTS = 30;
const SLOW = 5;

/** The threads that are appended to: one for each kind of work and round, so that all start alike. */
const thread = (kind: number, round: number) => id("flat", 10 + kind * 20 + round);

/** W1: appends, durable each, one at a time and 25 at once. */
export async function appends(
  field: Field,
  { rounds, appends }: Plan,
  size: number,
): Promise<void> {
  const [bytes, kind] = size === LARGE ? ["20 KB", 2] : ["600 B", 0];
  const count = size === LARGE ? Math.ceil(appends / 4) : appends;
  for (const durability of ["relaxed", "strict"] as const) {
    await field.rounds({
      workload: "W1",
      rounds,
      store: "small",
      durability,
      without:
        durability === "strict" ? { name: "pglite", reason: "it has nothing strict" } : undefined,
      prepare: warm,
      async work(contender, round) {
        const to = thread(durability === "strict" ? kind + 1 : kind, round);
        const times = contender.name === "pglite" ? SLOW : count;
        const values = await contender.run("appendEach", to, times, size);
        return { [`append one item, ${durability}, ${bytes}`]: values };
      },
    });
  }
  await field.rounds({
    workload: "W1",
    rounds,
    store: "small",
    durability: "relaxed",
    without: size === LARGE ? { name: "pglite", reason: "it takes minutes" } : undefined,
    prepare: warm,
    async work(contender) {
      const batches = contender.name === "pglite" ? 1 : 4;
      const values = await contender.run("appendAtOnce", batches, size);
      return { [`append 25 at once, relaxed, ${bytes}`]: values };
    },
  });
}

/** W2: many items in one call. */
export async function batches(field: Field, { rounds }: Plan, size: number): Promise<void> {
  const [bytes, kind] = size === LARGE ? ["20 KB", 5] : ["600 B", 4];
  await field.rounds({
    workload: "W2",
    rounds,
    store: "small",
    durability: "relaxed",
    prepare: warm,
    async work(contender, round) {
      const values = await contender.run("appendMany", thread(kind, round), 1_000, size);
      return { [`append 1,000 items, ${bytes}`]: values };
    },
  });
}

/** W3: a whole history, as parsed objects. */
export async function loads(field: Field, { rounds }: Plan, size: number): Promise<void> {
  const [from, length, named] =
    size === LARGE
      ? ([id("large", 0), 1_000, "1,000 items, 20 KB"] as const)
      : ([id("long", 0), 10_000, "10,000 items, 600 B"] as const);
  await field.rounds({
    workload: "W3",
    rounds,
    store: "small",
    durability: "relaxed",
    prepare: warm,
    work: async (contender) => ({ [`load ${named}`]: await contender.run("load", from, length) }),
  });
}

/** W4: the newest of 10,000 threads, while they change. */
export async function lists(field: Field, { rounds }: Plan): Promise<void> {
  await field.rounds({
    workload: "W4",
    rounds,
    store: "small",
    durability: "relaxed",
    prepare: warm,
    async work(contender, round) {
      const times = contender.name === "pglite" ? SLOW : LISTS;
      return { "list 50 of 10k": await contender.run("listNewest", 9_000, times, round) };
    },
  });
}

/** W4: the same of 100,000 threads, and the children of one that has 1,000. */
export async function bigLists(field: Field, { rounds }: Plan): Promise<void> {
  await field.rounds({
    workload: "W4",
    rounds,
    store: "big",
    durability: "relaxed",
    prepare: warm,
    async work(contender, round) {
      const times = contender.name === "pglite" ? SLOW : LISTS;
      return {
        "list 50 of 100k": await contender.run("listNewest", 98_999, times, round),
        "list 50 by parent of 100k": await contender.run("listChildren", times),
      };
    },
  });
}

/** W6: archives a tree of 1,001 threads. */
export async function archives(field: Field, { rounds }: Plan): Promise<void> {
  await field.rounds({
    workload: "W6",
    rounds,
    store: "small",
    durability: "relaxed",
    prepare: warm,
    work: async (contender) => ({
      "archive tree": await contender.run("archive", id("tree", 0)),
    }),
  });
}

/** W5: deletes a tree of 1,001 threads with 20 items each; another one each round. */
export async function deletions(field: Field, { deletions }: Plan): Promise<void> {
  await field.rounds({
    workload: "W5",
    rounds: deletions,
    store: "small",
    durability: "relaxed",
    prepare: (contender, round) => contender.fillTree(round + 1),
    async work(contender, round) {
      const root = id("tree", (round + 1) * 10_000);
      const { committed, erased } = await contender.run("remove", root);
      return { "delete tree, committed": [committed], "delete tree, erased": [erased] };
    },
  });
}

/** The first calls of a page compile code. */
async function warm(contender: Contender): Promise<void> {
  const times = contender.name === "pglite" ? 1 : 10;
  await contender.run("appendEach", id("flat", 1), times, SMALL);
}
