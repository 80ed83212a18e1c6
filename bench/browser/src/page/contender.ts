/** What every contender does: a store of threads and their items, in a database of its own. */

import type { Item, Row } from "./data.js";

/** What a call survives once it resolves: the end of the process, or the loss of power. */
export type Durability = "relaxed" | "strict";

export interface Contender {
  /** Opens the database of this name; it is made if it is absent. */
  open(name: string, durability: Durability): Promise<void>;
  /** Waits until what opening has left to be read is read, where there is such a thing. */
  whole?(): Promise<void>;
  /** Stores many threads with their items, parents first, as quickly as it can. */
  fill(rows: readonly Row[], items: (row: Row) => readonly Item[]): Promise<void>;
  /** Appends items to a thread, which is updated now; durable when it resolves. */
  append(thread: string, items: readonly Item[]): Promise<void>;
  /** Reads the whole history of a thread as parsed objects. */
  load(thread: string): Promise<Item[]>;
  /** Lists ids of threads that are not archived, the last updated first. */
  newest(limit: number): Promise<string[]>;
  /** Lists ids of the children of a thread that are not archived, the last updated first. */
  children(parent: string, limit: number): Promise<string[]>;
  /** Archives a thread and everything below it. */
  archive(root: string): Promise<void>;
  /** Takes that back. */
  unarchive(root: string): Promise<void>;
  /**
   * Deletes a tree with all its items. `committed` is called when nothing shows it any more; it
   * resolves when nothing is left.
   */
  remove(root: string, committed: () => void): Promise<void>;
  /** Closes the database; what it does in the background ends with that. */
  close(): Promise<void>;
}

/** What Creel does besides, for what is measured of it alone. */
export interface Countable extends Contender {
  /** Reads the last items of a thread and returns how many they are. */
  last(thread: string, limit: number): Promise<number>;
  /** Deletes a tree so that it can be undone: the commit of a deletion and nothing else. */
  hide(root: string): Promise<void>;
}
