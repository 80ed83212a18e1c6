// Runs the contenders side by side, in rounds with the order turned each time, and takes medians.

import { openCreel } from "./creel.ts";
import { openIndexedDb } from "./indexeddb.ts";
import { type Contender, items, MEASURES, ROUNDS, trees } from "./work.ts";

/** The medians of one measure, in milliseconds each time. */
export interface Result {
  name: string;
  times: { contender: string; ms: number }[];
}

const OPENERS: readonly { name: string; open: (store: string) => Promise<Contender> }[] = [
  { name: "Creel", open: openCreel },
  { name: "IndexedDB by hand", open: openIndexedDb },
  // Loaded only when somebody wants to know.
  { name: "Dexie", open: async (store) => (await import("./dexie.ts")).openDexie(store) },
];

/**
 * Measures every contender, each in a database of its own that is gone afterwards.
 *
 * `onProgress` gets the part that is done, from 0 to 1.
 */
export async function measure(
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<Result[]> {
  const open: { name: string; contender: Contender }[] = [];
  try {
    for (const { name, open: opener } of OPENERS) {
      const contender = await opener(`bench ${name}`);
      open.push({ name, contender });
      await contender.fill(trees, items);
    }
    const times = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name: measure, run } of MEASURES) {
        for (let turn = 0; turn < open.length; turn++) {
          signal.throwIfAborted();
          const one = open[(turn + round) % open.length];
          if (!one) continue;
          const start = performance.now();
          const count = await run(one.contender, round);
          const key = `${measure} ${one.name}`;
          times.set(key, [...(times.get(key) ?? []), (performance.now() - start) / count]);
        }
      }
      onProgress((round + 1) / ROUNDS);
    }
    return MEASURES.map(({ name }) => ({
      name,
      times: open.map((one) => ({
        contender: one.name,
        ms: median(times.get(`${name} ${one.name}`) ?? []),
      })),
    }));
  } finally {
    await Promise.all(open.map(({ contender }) => contender.destroy()));
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
