/**
 * Items that are being written: they grow in memory, are kept as drafts now and then, and become one
 * item of the history each.
 */

import type { Appended } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { asCreelError, unlessDeleted } from "./observable.js";
import { canonicalId } from "./same.js";

/** How often a growing item is kept as a draft unless the caller says otherwise, in milliseconds. */
const KEEP_MS = 1_000;
/** How many ids of streams that are over are remembered. */
const REMEMBERED = 1_000;

/** Says how a growing item is written. */
export interface StreamOptions {
  /** The field of the item that `append` adds text to; `"text"` unless given. */
  field?: string;
  /**
   * How often the item is kept as a draft while it grows, in milliseconds: what a crash loses at
   * most. 1,000 unless given; `false` keeps nothing before `finish`.
   */
  keepEvery?: number | false;
  /** The id of a draft to go on with, as `Threads.drafts` or a `LiveItem` names it. */
  draft?: string;
}

/** What a stream needs of the store. */
export interface StreamSource {
  append(id: string, items: readonly object[]): Promise<Appended>;
  putDraft(id: string, draft: string, item: object): Promise<void>;
  finishDraft(id: string, draft: string, item: object): Promise<Appended>;
  dropDraft(id: string, draft: string): Promise<boolean>;
}

/**
 * One item that is being written, made by `Threads.stream`.
 *
 * Whatever is appended shows in `creel.live.items` of this page within a frame, and in other pages
 * when the draft is kept. The history gets one item, at `finish`. A page that crashes or closes
 * leaves the draft as it was last kept: `live.items` and `Threads.drafts` have it, until `finish`
 * or `discard` of a stream that goes on with it, or the end of the thread.
 */
export class ItemStream<Item extends object = Record<string, unknown>> {
  /** Identifies the stream and its draft. */
  readonly id: string;
  /** The thread that the item will be in. */
  readonly threadId: string;
  readonly #source: StreamSource;
  readonly #field: string;
  readonly #keepEvery: number | false;
  readonly #changed: () => void;
  readonly #over: (stream: ItemStream) => void;
  #item: Item;
  #text: string | undefined;
  #at = Date.now();
  #status: "open" | "finished" | "discarded" = "open";
  #seq: number | undefined;
  #error: CreelError | undefined;
  /** Whether the store has a draft of it, and whether that is what the item is now. */
  #isKept: boolean;
  #isCurrent: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #ending: Promise<Appended> | undefined;

  /** @internal */
  constructor(
    source: StreamSource,
    threadId: string,
    item: Item,
    options: StreamOptions,
    told: { changed(): void; over(stream: ItemStream): void },
  ) {
    const { field = "text", keepEvery = KEEP_MS, draft } = options;
    this.id = draft ?? crypto.randomUUID();
    this.threadId = canonicalId(threadId);
    this.#source = source;
    this.#item = item;
    this.#field = field;
    this.#keepEvery = keepEvery;
    this.#isKept = draft !== undefined;
    this.#isCurrent = this.#isKept;
    this.#changed = told.changed;
    this.#over = told.over as (stream: object) => void;
  }

  /** The item as it is now: the same object until it grows. */
  get item(): Item {
    if (this.#text !== undefined) {
      this.#item = { ...this.#item, [this.#field]: this.#text };
      this.#text = undefined;
    }
    return this.#item;
  }

  /** `"open"` until it is finished or discarded. */
  get status(): "open" | "finished" | "discarded" {
    return this.#status;
  }

  /** When the item was last written to, in milliseconds. */
  get at(): number {
    return this.#at;
  }

  /** The place of the item in the history, once it is finished. */
  get seq(): number | undefined {
    return this.#seq;
  }

  /** Why the item could not be kept as a draft the last time; `finish` may succeed all the same. */
  get error(): CreelError | undefined {
    return this.#error;
  }

  /**
   * Adds text to the item's text field; costs nothing much, however often it is called.
   *
   * @throws {CreelError} `closed` once the stream is finished or discarded.
   */
  append(text: string): void {
    this.#mustBeOpen();
    const before = this.#text ?? (this.#item as Record<string, unknown>)[this.#field] ?? "";
    this.#text = `${before}${text}`;
    this.#grown();
  }

  /**
   * Replaces the item, or makes another one of it; never change the one you are given.
   *
   * @throws {CreelError} `closed` once the stream is finished or discarded.
   */
  update(next: Item | ((item: Item) => Item)): void {
    this.#mustBeOpen();
    const item = typeof next === "function" ? next(this.item) : next;
    this.#text = undefined;
    this.#item = item;
    this.#grown();
  }

  /** Keeps the item as a draft now; resolves when it is durable. */
  async keep(): Promise<void> {
    await this.#keep();
    if (this.#error) throw this.#error;
  }

  /**
   * Appends the item to the history, in one step with the end of its draft; `item` replaces it first.
   *
   * When it rejects the stream is open as before and may be finished again.
   *
   * @throws {CreelError} as `Threads.append`; `closed` for a discarded stream.
   */
  finish(item?: Item): Promise<Appended> {
    if (this.#status === "open" && !this.#ending) {
      if (item !== undefined) this.update(item);
      this.#ending = this.#finish().catch((error) => {
        this.#ending = undefined;
        throw error;
      });
    }
    return this.#ending ?? Promise.reject(this.#closed());
  }

  /** Drops the item and its draft; one that is finished stays. */
  async discard(): Promise<void> {
    if (this.#status !== "open" || this.#ending) return;
    this.#end("discarded");
    await this.#keeping;
    // A deleted thread has taken its drafts along.
    if (this.#isKept) await unlessDeleted(this.#source.dropDraft(this.threadId, this.id));
  }

  async #finish(): Promise<Appended> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#keeping;
    const { threadId, id, item } = this;
    const appended = this.#isKept
      ? await this.#source.finishDraft(threadId, id, item)
      : await this.#source.append(threadId, [item]);
    this.#seq = appended.first;
    this.#end("finished");
    return appended;
  }

  #end(status: "finished" | "discarded"): void {
    clearTimeout(this.#timer);
    this.#status = status;
    this.#over(this as object as ItemStream);
  }

  #grown(): void {
    this.#at = Date.now();
    this.#isCurrent = false;
    if (this.#keepEvery !== false) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#keep();
      }, this.#keepEvery);
    }
    this.#changed();
  }

  #keep(): Promise<void> {
    this.#keeping = this.#keeping.then(async () => {
      if (this.#isCurrent || this.#status !== "open" || this.#ending) return;
      this.#isCurrent = true;
      try {
        await this.#source.putDraft(this.threadId, this.id, this.item);
        this.#isKept = true;
        this.#error = undefined;
      } catch (thrown) {
        this.#isCurrent = false;
        this.#error = asCreelError(thrown);
      }
    });
    return this.#keeping;
  }

  #mustBeOpen(): void {
    if (this.#status !== "open" || this.#ending) throw this.#closed();
  }

  #closed(): CreelError {
    return new CreelError("closed", `the stream ${this.id} is finished or discarded`);
  }
}

/** The streams of one open store, by thread. */
export class Streams {
  readonly #source: StreamSource;
  readonly #writing = new Map<string, Set<ItemStream>>();
  readonly #followers = new Map<string, Set<() => void>>();
  readonly #ids = new Set<string>();

  constructor(source: StreamSource) {
    this.#source = source;
  }

  /** Whether anything is being written. */
  get open(): boolean {
    return this.#writing.size > 0;
  }

  /** Begins to write an item. */
  start<Item extends object>(
    threadId: string,
    item: Item,
    options: StreamOptions,
  ): ItemStream<Item> {
    const stream = new ItemStream(this.#source, threadId, item, options, {
      changed: () => this.#tell(stream.threadId),
      over: (ended) => this.#drop(ended),
    });
    if (options.draft !== undefined) this.#ids.delete(options.draft);
    const open = this.#writing.get(stream.threadId) ?? new Set();
    this.#writing.set(stream.threadId, open.add(stream as object as ItemStream));
    this.#tell(stream.threadId);
    return stream;
  }

  /** The streams of a thread that are not over. */
  of(threadId: string): ReadonlySet<ItemStream> {
    return this.#writing.get(threadId) ?? new Set();
  }

  /** Whether a stream of this id was finished or discarded here. */
  over(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Calls `listener` whenever a stream of the thread begins, grows or ends. */
  follow(threadId: string, listener: () => void): () => void {
    const followers = this.#followers.get(threadId) ?? new Set();
    this.#followers.set(threadId, followers.add(listener));
    return () => {
      followers.delete(listener);
      if (followers.size === 0) this.#followers.delete(threadId);
    };
  }

  /** Keeps whatever is being written, as well as it goes: the store is about to close. */
  async keep(): Promise<void> {
    const streams = [...this.#writing.values()].flatMap((open) => [...open]);
    await Promise.allSettled(streams.map((stream) => stream.keep()));
  }

  #drop(stream: ItemStream): void {
    const open = this.#writing.get(stream.threadId);
    open?.delete(stream);
    if (open?.size === 0) this.#writing.delete(stream.threadId);
    this.#ids.add(stream.id);
    for (const id of this.#ids) {
      if (this.#ids.size <= REMEMBERED) break;
      this.#ids.delete(id);
    }
    this.#tell(stream.threadId);
  }

  #tell(threadId: string): void {
    for (const listener of this.#followers.get(threadId) ?? []) listener();
  }
}
