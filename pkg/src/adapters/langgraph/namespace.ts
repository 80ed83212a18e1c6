/**
 * The checkpoints of one namespace, which are items of one thread, and where in it they are.
 *
 * Only news are read to know what is there, so that neither a put nor a read of the newest
 * checkpoint depends on how many there are.
 */

import { CreelError } from "../../errors.js";
import type { Threads } from "../../threads.js";
import { isCode, isGone } from "../ids.js";
import { Queue } from "../queue.js";
import type { CheckpointRecord, GraphRecord, Held, Value, WritesRecord } from "./records.js";

/** The items of a page while news are read. */
const STRIDE = 1_000;
/** The items that are read at once by who reads on from the newest to the oldest. */
const AHEAD = 64;
/** The runs of items that are kept while they are read, each of at most some 4 MB. */
const RUNS = 4;

/** Says where a checkpoint is and what its channels are. */
interface Place {
  seq: number;
  channels: Record<string, Held>;
}

/** Finds, reads and appends the checkpoints of a namespace. */
export class Namespace {
  readonly #threads: Threads;
  readonly #find: () => Promise<string>;
  readonly #steps = new Queue();
  readonly #places = new Map<string, Place>();
  readonly #writes = new Map<string, number[]>();
  #runs: { first: number; items: GraphRecord[] }[] = [];
  #id = "";
  #length = 0;
  #newest: string | undefined;

  /** Stands for the namespace whose thread `find` knows the id of. */
  constructor(threads: Threads, find: () => Promise<string>) {
    this.#threads = threads;
    this.#find = find;
  }

  /** Learns what others have stored; false if the thread is not there, or not any more. */
  refresh(): Promise<boolean> {
    return this.#steps.run(() => this.#catchUp());
  }

  /** Returns the newest checkpoint; `undefined` if there is none. */
  get newest(): string | undefined {
    return this.#newest;
  }

  /** Returns the checkpoints that are known, in no order. */
  get checkpoints(): Iterable<string> {
    return this.#places.keys();
  }

  /** Tells whether a checkpoint is known. */
  has(checkpoint: string): boolean {
    return this.#places.has(checkpoint);
  }

  /**
   * Appends a checkpoint that `make` makes of what is known then; `create` makes the thread if it
   * is not there.
   */
  put(make: () => Promise<CheckpointRecord>, create: () => Promise<void>): Promise<void> {
    return this.#steps.run(async () => {
      await this.#catchUp();
      const record = await make();
      const { first } = await this.append(record, create);
      // What is in between is news.
      if (first !== this.#length) return;
      this.#note(first, record);
      this.#length = first + 1;
    });
  }

  /** Appends an item; `create` makes the thread if it is not there. */
  async append(record: GraphRecord, create: () => Promise<void>): Promise<{ first: number }> {
    const [id, line] = [await this.#thread(), JSON.stringify(record)];
    try {
      return await this.#threads.append(id, line);
    } catch (error) {
      if (!isCode(error, "thread_not_found")) throw error;
      await create();
      return this.#threads.append(id, line);
    }
  }

  /**
   * Finds the item that holds a version of a channel: one that the parent has it from, or the only
   * one that has it; `"several"` where branches have made different values of that version.
   */
  holder(
    parent: string | undefined,
    channel: string,
    version: Held[0],
  ): number | "several" | undefined {
    const seqIn = (place: Place | undefined): number | undefined => {
      const held = place && Object.hasOwn(place.channels, channel) && place.channels[channel];
      return held && held[0] === version ? (held[1] ?? place.seq) : undefined;
    };
    const known = parent === undefined ? undefined : seqIn(this.#places.get(parent));
    if (known !== undefined) return known;
    const holders = new Set([...this.#places.values()].map(seqIn));
    holders.delete(undefined);
    return holders.size > 1 ? "several" : [...holders][0];
  }

  /** Reads a checkpoint that is known; `ahead` if its elders are read next. */
  async checkpoint(id: string, ahead: boolean): Promise<CheckpointRecord> {
    const seq = this.#places.get(id)?.seq;
    if (seq === undefined) throw this.#gap(`the checkpoint ${id}`);
    return (await this.#item(seq, ahead)) as CheckpointRecord;
  }

  /** Reads the value that a checkpoint has in a channel. */
  async value(record: CheckpointRecord, channel: string, held: Held): Promise<Value> {
    const [, seq] = held;
    const holder =
      seq === undefined ? record : ((await this.#item(seq, false)) as CheckpointRecord);
    const value = holder.values?.[channel];
    if (!value) throw this.#gap(`a value of ${channel} for the checkpoint ${record.id}`);
    return value;
  }

  /** Reads the writes that were made towards what follows a checkpoint, in the order they came in. */
  async writes(id: string, ahead: boolean): Promise<WritesRecord[]> {
    const records: WritesRecord[] = [];
    for (const seq of this.#writes.get(id) ?? []) {
      records.push((await this.#item(seq, ahead)) as WritesRecord);
    }
    return records;
  }

  /** Lets go of the items that were read; what is known of them stays. */
  release(): void {
    this.#runs = [];
  }

  async #thread(): Promise<string> {
    this.#id ||= await this.#find();
    return this.#id;
  }

  async #catchUp(): Promise<boolean> {
    const id = await this.#thread();
    try {
      const { items } = await this.#threads.read(id);
      // Somebody has cut the history back.
      if (items < this.#length) this.#forget();
      if (items === this.#length) return true;
      const query = { from: this.#length, limit: STRIDE };
      for await (const { seq, item } of this.#threads.open(id).items<GraphRecord>(query)) {
        this.#note(seq, item);
        this.#length = seq + 1;
      }
      return true;
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#forget();
      return false;
    }
  }

  /** Other items are none of the graph's business. */
  #note(seq: number, item: GraphRecord): void {
    if (item.type === "langgraph.checkpoint") {
      this.#places.set(item.id, { seq, channels: item.channels });
      if (this.#newest === undefined || item.id > this.#newest) this.#newest = item.id;
    } else if (item.type === "langgraph.writes") {
      const writes = this.#writes.get(item.checkpoint);
      if (writes) writes.push(seq);
      else this.#writes.set(item.checkpoint, [seq]);
    }
  }

  async #item(seq: number, ahead: boolean): Promise<GraphRecord> {
    const kept = this.#runs.find(({ first, items }) => seq >= first && seq < first + items.length);
    const found = kept?.items[seq - kept.first];
    if (found) return found;

    const first = ahead ? Math.max(0, seq + 1 - AHEAD) : seq;
    const items: GraphRecord[] = [];
    while (first + items.length <= seq) {
      const from = first + items.length;
      const { data } = await this.#threads.items<GraphRecord>(this.#id, {
        from,
        limit: seq + 1 - from,
      });
      if (data.length === 0) throw this.#gap(`the item ${seq}`);
      for (const { item } of data) items.push(item);
    }
    this.#runs = [{ first, items }, ...this.#runs].slice(0, RUNS);
    return items[seq - first] as GraphRecord;
  }

  #gap(what: string): CreelError {
    return new CreelError("corrupt", `the thread ${this.#id} has lost ${what}`);
  }

  #forget(): void {
    this.#places.clear();
    this.#writes.clear();
    this.#runs = [];
    this.#length = 0;
    this.#newest = undefined;
  }
}
