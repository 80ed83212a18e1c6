// What the page and the worker that deletes say to each other.

import type { Creel } from "creel";

/** The page's orders: first a tree, then, when the page has noted it, its deletion. */
export type Order = { grow: { store: string; mill: string | undefined } } | { remove: string };

/** A tree that was grown, and what else the store holds. */
export interface Grown {
  /** The thread that the tree hangs under, and that stays. */
  mill: string;
  root: string;
  threads: number;
  items: number;
  others: Held;
}

export interface Held {
  threads: number;
  items: number;
}

export type News =
  | { is: "growing"; threads: number; of: number }
  | ({ is: "grown" } & Grown)
  | { is: "committed" }
  | { is: "erasing"; erased: number }
  | { is: "erased" }
  | { is: "failed"; error: Failure };

export interface Failure {
  code: string | undefined;
  message: string;
}

/** What the store holds apart from a tree of so many threads and items. */
export async function others(creel: Creel, threads: number, items: number): Promise<Held> {
  const stats = await creel.stats();
  return { threads: stats.threads - threads, items: stats.items - items };
}
