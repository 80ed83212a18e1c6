/**
 * The items of one thread that follow its changes: the newest page first, older ones on demand, what
 * is appended at the end, and items that are still being written after them.
 */

import type { ChangeEvent, ItemQuery } from "../../wasm/creel.js";
import type { Draft, ItemPage, StoredItem } from "../threads.js";
import {
  FRAME_MS,
  type Hub,
  LiveObject,
  type LiveState,
  later,
  unlessDeleted,
} from "./observable.js";
import { same } from "./same.js";
import type { ItemStream, Streams } from "./streams.js";

/** The items of a page unless the caller says otherwise, and the most of one page. */
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
/** When more than this are appended at once, the newest page is read instead of all of them. */
const FOLLOWED = 5_000;

/** An item as it is shown: one of the history, or one that is still being written. */
export interface LiveItem<Item = Record<string, unknown>> {
  /** Tells it from the others of the thread; a stream's item keeps it when it is finished. */
  readonly key: string;
  /** Its place in the history; `null` as long as it is being written. */
  readonly seq: number | null;
  /** When it was appended, or last written to, in milliseconds. */
  readonly at: number;
  readonly item: Item;
  /**
   * `"writing"`: a stream of this page is writing it. `"kept"`: the store has it as a draft, which
   * another page is writing, or which a crash left. Absent for items of the history.
   */
  readonly draft?: "writing" | "kept";
  /** The stream's id, of a draft; `Threads.stream` takes it up and `Threads.dropDraft` drops it. */
  readonly draftId?: string;
}

/** What is known of a history. */
export interface ItemsSnapshot<Item = Record<string, unknown>> extends LiveState {
  /** The items loaded so far, oldest first; each is the same object as long as it is there. */
  readonly items: readonly LiveItem<Item>[];
  /** Whether `loadOlder` would bring more. */
  readonly hasOlder: boolean;
  /** Whether `loadOlder` is at it. */
  readonly loadingOlder: boolean;
}

/** Says how much of a history is loaded. */
export interface LiveItemsOptions {
  /** How many items are loaded at first, and by each `loadOlder`, 1 to 1,000; 50 unless given. */
  limit?: number;
}

/** What a live history needs of the store. */
export interface ItemsSource {
  items<Item>(id: string, query: ItemQuery): Promise<ItemPage<Item>>;
  drafts<Item>(id: string): Promise<Draft<Item>[]>;
}

const LOADING: ItemsSnapshot<never> = {
  status: "loading",
  error: undefined,
  refreshing: false,
  items: [],
  hasOlder: false,
  loadingOlder: false,
};

/** Follows the items of a thread; `creel.live.items(id)` hands it out. */
export class LiveItems<Item = Record<string, unknown>> extends LiveObject<ItemsSnapshot<Item>> {
  /** The thread's id. */
  readonly id: string;
  readonly #source: ItemsSource;
  readonly #streams: Streams;
  readonly #limit: number;
  /** Items of the history without a gap; none loaded is not the same as none there. */
  #stored: LiveItem<Item>[] = [];
  #loaded = false;
  #length = 0;
  #older = 0;
  #cuts = 0;
  #drafts: readonly LiveItem<Item>[] = [];
  /** The streams shown, those included whose items are not read yet. */
  readonly #shown = new Map<ItemStream, LiveItem<Item> | undefined>();
  #unfollow: (() => void) | undefined;
  #frame: ReturnType<typeof setTimeout> | undefined;
  #drawn = 0;

  /** @internal */
  constructor(
    hub: Hub,
    key: string,
    id: string,
    options: LiveItemsOptions,
    source: ItemsSource,
    streams: Streams,
  ) {
    super(hub, key, LOADING);
    this.id = id;
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    this.#source = source;
    this.#streams = streams;
  }

  /** Loads the page before the oldest item; resolves when it is there or failed. */
  async loadOlder(): Promise<void> {
    const { hasOlder, loadingOlder } = this.getSnapshot();
    if (!hasOlder || loadingOlder || !this.active) return;
    this.#older = this.#limit;
    this.set({ loadingOlder: true });
    this.invalidate();
    await this.settled();
  }

  /** @internal */
  hear(event: ChangeEvent): void {
    switch (event.type) {
      case "appended":
        if (event.threadId !== this.id) return;
        this.#length = Math.max(this.#length, event.first + event.count);
        break;
      case "truncated":
        if (event.threadId !== this.id) return;
        this.#cut(event.length);
        break;
      case "documentsChanged":
        if (event.threadId !== this.id || event.collection !== "drafts") return;
        break;
      case "deleted":
        if (event.threadIds.includes(this.id)) this.#vanish();
        return;
      case "undeleted":
        if (!event.threadIds.includes(this.id)) return;
        break;
      case "created":
        if (event.threadId !== this.id) return;
        break;
      default:
        return;
    }
    this.invalidate();
  }

  protected async load(): Promise<void> {
    this.#unfollow ??= this.#streams.follow(this.id, () => this.#touch());
    const cuts = this.#cuts;
    const older = this.#older;
    // Before the items, so that a draft that becomes one meanwhile is never missing from both.
    const drafts = await unlessDeleted(this.#source.drafts<Item>(this.id));
    if (!drafts) return this.#vanish();
    if (!this.#loaded || this.#length - this.#next > FOLLOWED) await this.#newest(cuts);
    else await this.#tail(cuts);
    if (older > 0 && this.#loaded) await this.#before(older, cuts);
    if (cuts !== this.#cuts) return this.invalidate();
    if (!this.#loaded) return;
    this.#older = 0;
    this.#drafts = keepDrafts(this.#drafts, drafts);
    this.#show(true);
  }

  protected forget(): void {
    this.#loaded = false;
    this.#older = 0;
    if (!this.active) {
      this.#stored = [];
      this.#drafts = [];
      this.#shown.clear();
      this.#unfollow?.();
      this.#unfollow = undefined;
    }
    if (this.getSnapshot().loadingOlder) this.set({ loadingOlder: false });
  }

  get #next(): number {
    return (this.#stored.at(-1)?.seq ?? -1) + 1;
  }

  async #newest(cuts: number): Promise<void> {
    const limit = this.#limit;
    const page = await this.#read({ limit, sortDirection: "desc" }, cuts);
    if (!page) return;
    const read = page.reverse().map((item) => this.#entry(item));
    const before = new Map(this.#stored.map((entry) => [entry.seq, entry]));
    // After an error the same items are read again; whoever shows them sees no change.
    this.#stored = read.map((entry) => {
      const old = before.get(entry.seq);
      return old && old.at === entry.at && same(old.item, entry.item) ? old : entry;
    });
    this.#loaded = true;
    this.#length = Math.max(this.#length, this.#next);
  }

  async #tail(cuts: number): Promise<void> {
    while (this.#next < this.#length) {
      const from = this.#next;
      const limit = Math.min(this.#length - from, MAX_LIMIT);
      const page = await this.#read({ from, limit }, cuts);
      if (!page) return;
      // Less than was announced: it was cut back since, of which news is on its way.
      if (page.length === 0) this.#length = from;
      this.#stored = [...this.#stored, ...page.map((item) => this.#entry(item))];
    }
  }

  async #before(count: number, cuts: number): Promise<void> {
    const first = this.#stored[0]?.seq ?? 0;
    if (first === 0) return;
    const page = await this.#read({ from: first - 1, limit: count, sortDirection: "desc" }, cuts);
    if (!page) return;
    this.#stored = [...page.reverse().map((item) => this.#entry(item)), ...this.#stored];
  }

  /** Reads a page; nothing when the history was cut back or the thread deleted meanwhile. */
  async #read(query: ItemQuery, cuts: number): Promise<StoredItem<Item>[] | undefined> {
    const page = await unlessDeleted(this.#source.items<Item>(this.id, query));
    if (!page) this.#vanish();
    return cuts === this.#cuts ? page?.data : undefined;
  }

  #entry({ seq, at, item }: StoredItem<Item>): LiveItem<Item> {
    let key = String(seq);
    for (const stream of this.#shown.keys()) if (stream.seq === seq) key = draftKey(stream.id);
    return { key, seq, at, item };
  }

  /** Nothing that was read shows any more, and what is being read does not come to show. */
  #vanish(): void {
    this.#cuts += 1;
    this.#stored = [];
    this.#length = 0;
    this.#drafts = [];
    this.#shown.clear();
    this.forget();
    this.set({ ...LOADING, status: "deleted" });
  }

  #cut(length: number): void {
    this.#cuts += 1;
    this.#length = length;
    for (const stream of this.#shown.keys()) {
      if (stream.seq !== undefined && stream.seq >= length) this.#shown.delete(stream);
    }
    const left = this.#stored.filter(({ seq }) => seq !== null && seq < length);
    // All that was loaded is gone: there may be more before it.
    if (left.length === 0 && length > 0) this.#loaded = false;
    this.#stored = left;
    this.#show();
  }

  /** Shows what a stream has written, at most once a frame however fast it writes. */
  #touch(): void {
    this.#frame ??= later(
      () => {
        this.#frame = undefined;
        this.#drawn = Date.now();
        if (this.active) this.#show();
      },
      this.#drawn + FRAME_MS - Date.now(),
    );
  }

  /** Makes the snapshot of what is known; `read` says that it is all read. */
  #show(read = false): void {
    const { status } = this.getSnapshot();
    if (status === "deleted" && !read) return;
    const own = this.#streams.of(this.id);
    for (const stream of own) this.#shown.set(stream, this.#shown.get(stream));
    const writing: LiveItem<Item>[] = [];
    for (const [stream, before] of this.#shown) {
      // One that is finished shows until its item is read.
      const over = stream.seq === undefined ? !own.has(stream) : stream.seq < this.#next;
      if (over) this.#shown.delete(stream);
      if (over) continue;
      const entry = before?.item === stream.item ? before : streamed<Item>(stream);
      this.#shown.set(stream, entry);
      writing.push(entry);
    }
    const mine = new Set(writing.map(({ key }) => key));
    const kept = this.#drafts.filter(({ key, draftId = "" }) => {
      return !mine.has(key) && !this.#streams.over(draftId);
    });
    const items = [...this.#stored, ...kept, ...writing];
    const before = this.getSnapshot().items;
    const unchanged =
      items.length === before.length && items.every((item, index) => item === before[index]);
    this.set({
      items: unchanged ? before : items,
      hasOlder: (this.#stored[0]?.seq ?? 0) > 0,
      ...(read && { status: "ready", error: undefined, refreshing: false, loadingOlder: false }),
    });
  }
}

function streamed<Item>(stream: ItemStream): LiveItem<Item> {
  const { id, at } = stream;
  const item = stream.item as Item;
  return { key: draftKey(id), seq: null, at, item, draft: "writing", draftId: id };
}

function keepDrafts<Item>(
  before: readonly LiveItem<Item>[],
  drafts: readonly Draft<Item>[],
): readonly LiveItem<Item>[] {
  return drafts.map(({ id, at, item }): LiveItem<Item> => {
    const key = draftKey(id);
    const old = before.find((entry) => entry.key === key);
    if (old && old.at === at && same(old.item, item)) return old;
    return { key, seq: null, at, item, draft: "kept", draftId: id };
  });
}

function draftKey(id: string): string {
  return `draft:${id}`;
}
