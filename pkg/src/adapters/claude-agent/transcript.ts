/**
 * One transcript as a thread: which entries it has already, and what its thread says of it.
 *
 * What is known of a history is kept and only its news are read, so that an append to a long
 * session costs what it brings.
 */

import type { Thread, ThreadPatch } from "../../../wasm/creel.js";
import type { Creel } from "../../creel.js";
import type { Threads } from "../../threads.js";
import { isCode, isGone } from "../ids.js";
import { batches, toLines } from "../lines.js";
import { Queue } from "../queue.js";
import type { SessionStoreEntry } from "./contract.js";
import { agentMetadata, observed } from "./observe.js";

/** The entries of a page while a transcript is read. */
const STRIDE = 1_000;

/** Tells what to write into the metadata of a thread that entries have just been appended to. */
export type Describe = (
  thread: Thread,
  news: readonly SessionStoreEntry[],
) => Promise<Record<string, unknown> | undefined>;

/** Appends to a transcript and loads it. */
export class Transcript {
  readonly #creel: Creel;
  readonly #threads: Threads;
  readonly #find: () => Promise<string>;
  readonly #steps = new Queue();
  readonly #uuids = new Set<string>();
  #id = "";
  #length = 0;

  /** Stands for the transcript whose thread `find` knows the id of. */
  constructor(creel: Creel, find: () => Promise<string>) {
    this.#creel = creel;
    this.#threads = creel.threads;
    this.#find = find;
  }

  /**
   * Appends the entries that are not there yet; `create` makes the thread, `describe` tells what its
   * metadata says afterwards.
   */
  append(
    entries: readonly SessionStoreEntry[],
    create: () => Promise<void>,
    describe: Describe,
  ): Promise<void> {
    return this.#step(async () => {
      const known = await this.#catchUp();
      const news = this.#unknown(entries);
      const lines = toLines("entries", news);
      if (lines.length === 0) return;
      if (!known) await create();
      for (const batch of batches(lines)) {
        const { first, count } = await this.#threads.append(this.#id, batch);
        // What is in between is news.
        if (first === this.#length) this.#length += count;
      }
      for (const { uuid } of news) if (typeof uuid === "string") this.#uuids.add(uuid);
      await this.#describe(news, describe);
    });
  }

  /** Reads all entries in their order, each once; `null` if there are none. */
  load(): Promise<SessionStoreEntry[] | null> {
    return this.#step(async () => {
      await this.#creel.refresh();
      this.#forget();
      const entries: SessionStoreEntry[] = [];
      try {
        for await (const entry of this.#news()) entries.push(entry);
      } catch (error) {
        if (!isGone(error)) throw error;
        return null;
      }
      return entries.length === 0 ? null : entries;
    });
  }

  /** The id is found in the queue, so that no call overtakes another. */
  #step<T>(step: () => Promise<T>): Promise<T> {
    return this.#steps.run(async () => {
      this.#id ||= await this.#find();
      return step();
    });
  }

  /** Learns which entries are there; false if there is no thread. */
  async #catchUp(): Promise<boolean> {
    try {
      const { items } = await this.#threads.read(this.#id);
      // Somebody has cut the history back.
      if (items < this.#length) this.#forget();
      if (items > this.#length) for await (const _ of this.#news());
      return true;
    } catch (error) {
      if (!isCode(error, "thread_not_found")) throw error;
      this.#forget();
      return false;
    }
  }

  /** Yields the entries that this transcript did not know of; one that is there twice, once. */
  async *#news(): AsyncGenerator<SessionStoreEntry, void, undefined> {
    const query = { from: this.#length, limit: STRIDE };
    const items = this.#threads.open(this.#id).items<SessionStoreEntry>(query);
    for await (const { seq, item } of items) {
      this.#length = seq + 1;
      const known = typeof item.uuid === "string" && this.#uuids.has(item.uuid);
      if (typeof item.uuid === "string") this.#uuids.add(item.uuid);
      if (!known) yield item;
    }
  }

  #unknown(entries: readonly SessionStoreEntry[]): SessionStoreEntry[] {
    const seen = new Set<string>();
    return entries.filter(({ uuid }) => {
      if (typeof uuid !== "string") return true;
      const known = seen.has(uuid) || this.#uuids.has(uuid);
      seen.add(uuid);
      return !known;
    });
  }

  /**
   * Nothing of this may fail the append: the SDK would send entries again that are stored, and of
   * those without a `uuid` nobody can tell.
   */
  async #describe(entries: readonly SessionStoreEntry[], describe: Describe): Promise<void> {
    try {
      const before = await this.#threads.read(this.#id);
      const fields = await describe(before, entries);
      // Read again, so that what the application has written meanwhile stays.
      const thread = await this.#threads.read(this.#id);
      const patch: ThreadPatch = observed(entries, thread);
      if (fields) patch.metadata = { ...thread.metadata, ...fields };
      if (Object.keys(patch).length > 0) await this.#threads.update(this.#id, patch);
      const agent = agentMetadata(entries);
      const status = agent?.finished ? "closed" : "open";
      if (agent && thread.edgeStatus && thread.edgeStatus !== status) {
        await this.#threads.setEdgeStatus(this.#id, status);
      }
    } catch {
      return;
    }
  }

  #forget(): void {
    this.#length = 0;
    this.#uuids.clear();
  }
}
