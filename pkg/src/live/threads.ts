/**
 * A list of threads that follows its changes.
 *
 * Which threads are in it and in what order is the store's to say: after a change that may bear on
 * that the loaded part is listed again, and else only the changed threads are read.
 */

import type { ChangeEvent, Thread, ThreadPage, ThreadQuery } from "../../wasm/creel.js";
import { type Hub, LiveObject, type LiveState } from "./observable.js";
import { keep } from "./same.js";

/** The threads of a page unless the query says otherwise, and the most of one page. */
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
/** More changed threads than this at once are read by listing them all. */
const READ_ONE_BY_ONE = 8;

/** Selects and orders threads as `Threads.list` does; `limit` is how many `loadMore` adds. */
export type LiveThreadsQuery = Omit<ThreadQuery, "cursor">;

/** What is known of a list. */
export interface ThreadsSnapshot extends LiveState {
  /** The threads loaded so far; each is the same object until something in it changes. */
  readonly threads: readonly Thread[];
  /** Whether `loadMore` would bring more. */
  readonly hasMore: boolean;
  /** Whether `loadMore` is at it. */
  readonly loadingMore: boolean;
}

/** What a list needs of the store. */
export interface ThreadsSource {
  list(query: ThreadQuery): Promise<ThreadPage>;
  read(id: string): Promise<Thread>;
}

const LOADING: ThreadsSnapshot = {
  status: "loading",
  error: undefined,
  refreshing: false,
  threads: [],
  hasMore: false,
  loadingMore: false,
};

/** Follows a list of threads; `creel.live.threads(query)` hands it out. */
export class LiveThreads extends LiveObject<ThreadsSnapshot> {
  /** The query that it answers. */
  readonly query: LiveThreadsQuery;
  readonly #source: ThreadsSource;
  readonly #limit: number;
  #wanted: number;
  #cursor: string | undefined;
  /** What to read: everything, or these threads. */
  #all = true;
  readonly #changed = new Set<string>();
  /** What was deleted while a read was under way, whose answer may still have it. */
  readonly #gone = new Set<string>();
  #listing = false;

  /** @internal */
  constructor(hub: Hub, key: string, query: LiveThreadsQuery, source: ThreadsSource) {
    super(hub, key, LOADING);
    this.query = query;
    this.#source = source;
    this.#limit = query.limit ?? DEFAULT_LIMIT;
    this.#wanted = this.#limit;
  }

  /** Loads the next page; resolves when it is there or failed, which the snapshot tells. */
  async loadMore(): Promise<void> {
    const { hasMore, threads, loadingMore } = this.getSnapshot();
    if (!hasMore || loadingMore || !this.active) return;
    this.#wanted = threads.length + this.#limit;
    this.set({ loadingMore: true });
    this.invalidate();
    await this.settled();
  }

  /** @internal */
  hear(event: ChangeEvent): void {
    const { threads } = this.getSnapshot();
    switch (event.type) {
      case "appended":
      case "truncated":
      case "renamed":
        this.#hearOf(event.threadId, event.type);
        return;
      case "deleted": {
        const gone = new Set(event.threadIds);
        for (const id of gone) this.#gone.add(id);
        const left = threads.filter(({ id }) => !gone.has(id));
        if (left.length < threads.length) this.set({ threads: left });
        break;
      }
      case "undeleted":
        for (const id of event.threadIds) this.#gone.delete(id);
        break;
      case "created":
      case "updated":
      case "archived":
      case "unarchived":
        break;
      default:
        return;
    }
    this.#all = true;
    this.invalidate();
  }

  protected async load(): Promise<void> {
    let { threads } = this.getSnapshot();
    const changed = threads.filter(({ id }) => this.#changed.has(id)).map(({ id }) => id);
    this.#changed.clear();
    let all = this.#all || changed.length > READ_ONE_BY_ONE;
    this.#all = false;
    let more = this.#cursor !== undefined;
    if (!all && changed.length > 0) {
      const read = await Promise.all(changed.map((id) => this.#source.read(id).catch(nothing)));
      const now = new Map(read.map((thread) => [thread?.id, thread]));
      threads = threads.map((thread) => now.get(thread.id) ?? thread);
      all = read.includes(undefined);
    }
    this.#listing = all || (more && threads.length < this.#wanted);
    if (all) {
      // Whatever was deleted before this read begins, the answer does not have.
      this.#gone.clear();
      ({ threads, more } = await this.#window([], undefined));
    } else if (this.#listing) {
      ({ threads, more } = await this.#window(threads, this.#cursor));
    }
    this.#listing = false;
    // A list that was complete stays so when it grows a little.
    this.#wanted = more ? threads.length : threads.length + this.#limit;
    threads = threads.filter(({ id }) => !this.#gone.has(id));
    this.set({
      status: "ready",
      error: undefined,
      refreshing: false,
      threads: keep(this.getSnapshot().threads, threads),
      hasMore: more,
      loadingMore: false,
    });
  }

  protected forget(): void {
    this.#all = true;
    if (!this.active) this.#wanted = this.#limit;
    if (this.getSnapshot().loadingMore) this.set({ loadingMore: false });
  }

  /** Lists from a cursor on until as many are there as are wanted. */
  async #window(
    before: readonly Thread[],
    from: string | undefined,
  ): Promise<{ threads: readonly Thread[]; more: boolean }> {
    const threads = new Map(before.map((thread) => [thread.id, thread]));
    let cursor = from;
    do {
      const left = this.#wanted - threads.size;
      // A limit that is none is for the store to refuse.
      const limit = left === this.#limit ? left : Math.min(left, MAX_LIMIT);
      const page: ThreadPage = await this.#source.list({
        ...this.query,
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      for (const thread of page.data) threads.set(thread.id, thread);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && threads.size < this.#wanted);
    this.#cursor = cursor;
    return { threads: [...threads.values()], more: cursor !== undefined };
  }

  /** What is appended, cut or named can change the place of a thread, or bring it in. */
  #hearOf(id: string, change: "appended" | "truncated" | "renamed"): void {
    const { threads, hasMore } = this.getSnapshot();
    const {
      sortKey = "createdAt",
      sortDirection = "desc",
      searchTerm,
      cwd,
      modelProviders,
    } = this.query;
    const place = threads.findIndex((thread) => thread.id === id);
    const filtered = Boolean(searchTerm || cwd?.length || modelProviders?.length);
    const moves = change === "appended" && sortKey !== "createdAt";
    // Nothing goes before the newest but what is newer.
    const stays = !moves || (place === 0 && sortDirection === "desc");
    if (filtered || (place >= 0 ? !stays : moves && hasMore)) this.#all = true;
    // What is being listed may have it, as it was before.
    else if (place >= 0 || this.#listing) this.#changed.add(id);
    else return;
    this.invalidate();
  }
}

/** One that can't be read any more is found out about by listing. */
function nothing(): undefined {}
