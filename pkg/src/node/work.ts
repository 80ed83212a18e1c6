/** What a database does for its host, in whichever thread, and how the two say it to each other. */

import type { Batch, KeyRange, ScanPage, Table } from "../../wasm/creel.js";
import type { Told } from "./failures.js";

export type Durability = "relaxed" | "strict";
export type Scrubbed = "physical" | "prevented";

/** The calls. */
export interface Work {
  get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]>;
  scan(
    table: Table,
    range: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage>;
  /** Resolves to whether the log is long enough to be shortened. */
  commit(batch: Batch, durability: Durability): Promise<boolean>;
  shorten(): Promise<void>;
  scrub(): Promise<Scrubbed>;
  /** Tells at the host's `onNews` of other connections' commits from now on. */
  watch(): Promise<void>;
  close(): Promise<void>;
}

/** A call, whose answer carries the same id. */
export interface Asked {
  id: number;
  method: keyof Work;
  parameters: unknown[];
}

/** An answer; of the id 0, that the database is open or can't be. */
export type Answered = { id: number; value: unknown } | { id: number; failure: Told } | "news";
