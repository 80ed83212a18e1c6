/** What the page and the worker of sqlite-wasm say to each other. */

import type { Durability } from "../contender.js";
import type { Row } from "../data.js";

/** The calls that the worker takes; items are lines of JSON. */
export interface Calls {
  open(name: string, durability: Durability): Promise<void>;
  fill(threads: { row: Row; lines: string[] }[]): void;
  append(thread: string, lines: string): void;
  /** Answers one JSON array. */
  load(thread: string): string;
  newest(limit: number): string[];
  children(parent: string, limit: number): string[];
  archive(root: string, archived: number): void;
  remove(root: string): void;
  close(): void;
}

export interface Call {
  id: number;
  name: keyof Calls;
  args: unknown[];
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}
