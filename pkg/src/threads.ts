/** The threads of a store, by id. `ThreadHandle` is the same for one thread. */

import type {
  Appended,
  CreateThread,
  DeletionPlan,
  DeletionProgress,
  Goal,
  GoalPatch,
  ItemQuery,
  Receipt,
  Thread,
  ThreadPage,
  ThreadPatch,
  ThreadQuery,
} from "../wasm/creel.js";
import { type Caller, parsed, type StoreCalls } from "./calls.js";
import { CreelError } from "./errors.js";
import type { Events } from "./events.js";
import { type ItemStream, type StreamOptions, Streams } from "./live/streams.js";
import { ThreadHandle } from "./thread-handle.js";

/** Carries an item of a history with its place from 0 and its time in milliseconds. */
export interface StoredItem<Item = Record<string, unknown>> {
  seq: number;
  at: number;
  item: Item;
}

/** Carries a page of items; a cursor is `null` where there is nothing more. */
export interface ItemPage<Item = Record<string, unknown>> {
  data: StoredItem<Item>[];
  nextCursor: string | null;
  backwardsCursor: string | null;
}

/** An item that is being written, or was when its page crashed, as the store has it. */
export interface Draft<Item = Record<string, unknown>> {
  /** Identifies the stream that writes it. */
  id: string;
  /** When it was last kept, in milliseconds. */
  at: number;
  item: Item;
}

/** Selects records of a log. */
export interface LogQuery {
  /** The number of the first record; 0 unless given. */
  from?: number;
  /** The most records; 100 unless given. */
  limit?: number;
}

/** Says what becomes of the children of a deleted thread: `"delete"` (default) takes them along. */
export type ChildrenOption = "delete" | "detach" | "refuse";

/** Says how to delete. */
export interface DeleteOptions {
  /** What becomes of the children; `"delete"` unless given. */
  children?: ChildrenOption;
  /** The token of a plan: a tree that has changed since is refused with `plan_changed`. */
  plan?: string;
  /** When the call resolves: `"erased"` (default) or as soon as it is `"committed"`. */
  wait?: "committed" | "erased";
  /** How long the deletion can be undone, in milliseconds; not at all unless given. */
  grace?: number;
  /** Hears how far the erasure is. */
  onProgress?: (progress: DeletionProgress) => void;
  /** Ends the waiting, never a deletion that is decided: that one is finished in the background. */
  signal?: AbortSignal;
}

/** Says what a fork starts with. */
export interface ForkOptions extends CreateThread {
  /** How many items of the source's history it gets, from the first on; all if left out. */
  length?: number;
}

/** The characters from which on items are taken in by a task of its own. */
const LONG = 128 << 10;

/** Creates, finds, reads, changes and deletes threads. */
export class Threads {
  readonly #session: Caller;
  readonly #events: Events;
  readonly #streams: Streams;

  /** @internal */
  constructor(session: Caller, events: Events) {
    this.#session = session;
    this.#events = events;
    this.#streams = new Streams({
      append: (id, items) => this.append(id, items),
      putDraft: (id, draft, item) => {
        const json = object(item);
        return session.call((store) => store.putDraft(id, draft, json));
      },
      finishDraft: (id, draft, item) => {
        const json = text("items", [item]);
        return session.call((store) => store.finishDraft(id, draft, json));
      },
      dropDraft: (id, draft) => this.dropDraft(id, draft),
    });
  }

  /** @internal */
  get streams(): Streams {
    return this.#streams;
  }

  /**
   * Creates a thread: a root, or a child of `parentThreadId`.
   *
   * @throws {CreelError} `parent_not_found`, `thread_exists`, `thread_deleted`, `thread_archived`,
   * or the code of the field that is refused.
   */
  async create(options: CreateThread = {}): Promise<ThreadHandle> {
    const { id } = await this.#session.call((store) => store.create(options));
    return this.open(id);
  }

  /** Returns a handle of the thread `id` without looking whether it exists. */
  open(id: string): ThreadHandle {
    return new ThreadHandle(this, id);
  }

  /** Reads a thread's metadata. */
  read(id: string): Promise<Thread> {
    return this.#session.call((store) => store.read(String(id)));
  }

  /** Lists threads page by page: active ones, newest first, 50 a page, unless `query` says otherwise. */
  list(query: ThreadQuery = {}): Promise<ThreadPage> {
    const list = () => this.#session.call((store) => store.list(query));
    const newest = this.#session.newest?.(query);
    return newest ? newest.then((page) => page ?? list()) : list();
  }

  /** Lists the children of a thread. */
  children(id: string): Promise<Thread[]> {
    return this.#session.call((store) => store.children(String(id)));
  }

  /** Lists the descendants of a thread, by depth, then by id. */
  descendants(id: string): Promise<Thread[]> {
    return this.#session.call((store) => store.descendants(String(id)));
  }

  /**
   * Appends items in one step; they have their numbers when it resolves.
   *
   * `items` are JSON objects, or a text that holds a JSON array of them or one on each line. The
   * text is kept as it is, digit by digit.
   *
   * @throws {CreelError} `invalid_item`, `too_large`, `out_of_range`, and nothing is appended.
   */
  async append(id: string, items: readonly object[] | string): Promise<Appended> {
    const [given, json] = [String(id), text("items", items)];
    const append = (store: StoreCalls) => store.append(given, json);
    if (json.length < LONG || !this.#session.callInTask) return this.#session.call(append);
    return this.#session.callInTask(append);
  }

  /**
   * Begins to write an item that grows, as tokens come from a model: see `ItemStream`.
   *
   * Nothing is stored at first; the history gets the item when the stream is finished.
   *
   * ```js
   * const stream = creel.threads.stream(id, { type: "agentMessage", text: "" });
   * for await (const delta of answer) stream.append(delta);
   * await stream.finish();
   * ```
   */
  stream<Item extends object>(
    id: string,
    item: Item,
    options: StreamOptions = {},
  ): ItemStream<Item> {
    return this.#streams.start(String(id), item, options);
  }

  /**
   * Lists the drafts of a thread: items that are being written, here or in another page, and those
   * that a crash left. `stream` with the option `draft` goes on with one.
   */
  async drafts<Item = Record<string, unknown>>(id: string): Promise<Draft<Item>[]> {
    const answer = await this.#session.call((store) => store.drafts(String(id)));
    const drafts = parsed<{ id: string; value: { at: number; item: Item } }[]>(answer);
    return drafts.map(({ id, value }) => ({ id, ...value }));
  }

  /** Drops a draft of a thread; resolves to whether there was one. */
  dropDraft(id: string, draft: string): Promise<boolean> {
    return this.#session.call((store) => store.dropDraft(String(id), String(draft)));
  }

  /** Reads a page of items: the oldest 50 unless `query` says otherwise, fewer if they are large. */
  async items<Item = Record<string, unknown>>(
    id: string,
    query: ItemQuery = {},
  ): Promise<ItemPage<Item>> {
    const given = String(id);
    const answer = await this.#session.call((store) => store.items(given, query));
    try {
      return parsed(answer);
    } catch {
      // What storage holds is no JSON; reading it piece by piece tells where.
      return parsed(await this.#session.call((store) => store.items(given, query, true)));
    }
  }

  /**
   * Cuts a history back to its first `length` items. Cursors into it are invalid from then on.
   *
   * @throws {CreelError} `out_of_range` for a length beyond the history.
   */
  truncate(id: string, length: number): Promise<Thread> {
    return this.#session.call((store) => store.truncate(String(id), length));
  }

  /** Removes the last `count` items, 1 unless given and at most 1,000, and resolves to them. */
  async pop<Item = Record<string, unknown>>(id: string, count = 1): Promise<StoredItem<Item>[]> {
    return parsed(await this.#session.call((store) => store.pop(String(id), count)));
  }

  /**
   * Forks a thread: a new one whose history is a copy of the other's, or of its first `length`
   * items. It appears whole or not at all, and outlives its source. Title, preview and details are
   * the source's unless given; the name is not.
   *
   * @throws {CreelError} `out_of_range`, `thread_archived`, `thread_deleted`, `thread_not_found`.
   */
  async fork(id: string, { length, ...thread }: ForkOptions = {}): Promise<ThreadHandle> {
    const options = { ...(length !== undefined && { length }), thread };
    const fork = await this.#session.call((store) => store.fork(String(id), options));
    return this.open(fork.id);
  }

  /** Gives a thread a name. */
  rename(id: string, name: string): Promise<Thread> {
    return this.update(id, { name });
  }

  /** Changes metadata: a field left out stays, `null` clears. */
  update(id: string, patch: ThreadPatch): Promise<Thread> {
    return this.#session.call((store) => store.update(String(id), patch));
  }

  /** Archives a thread with its descendants; resolves to the ids newly archived, the root first. */
  archive(id: string): Promise<string[]> {
    return this.#session.call((store) => store.archive(String(id)));
  }

  /** Unarchives a thread with its descendants; resolves to the ids newly unarchived. */
  unarchive(id: string): Promise<string[]> {
    return this.#session.call((store) => store.unarchive(String(id)));
  }

  /** Opens or closes the edge between a thread and the one that spawned it. */
  setEdgeStatus(id: string, status: "open" | "closed"): Promise<Thread> {
    return this.#session.call((store) => store.setEdgeStatus(String(id), String(status)));
  }

  /**
   * Moves a thread, with what is under it, under another parent; `null` makes it a root.
   *
   * @throws {CreelError} `cycle`, `parent_not_found`, `thread_archived`.
   */
  setParent(id: string, parentId: string | null): Promise<Thread> {
    const parent = parentId === null ? undefined : String(parentId);
    return this.#session.call((store) => store.setParent(String(id), parent));
  }

  /** Reads the goal of a thread; `undefined` if it has none. */
  goal(id: string): Promise<Goal | undefined> {
    return this.#session.call((store) => store.goal(String(id)));
  }

  /**
   * Sets the goal of a thread, or changes it: a field left out stays. Another objective makes
   * another goal.
   *
   * @throws {CreelError} `invalid_field` for a change where there is no goal.
   */
  setGoal(id: string, patch: GoalPatch): Promise<Goal> {
    return this.#session.call((store) => store.setGoal(String(id), patch));
  }

  /** Clears the goal of a thread; resolves to whether it had one. */
  clearGoal(id: string): Promise<boolean> {
    return this.#session.call((store) => store.clearGoal(String(id)));
  }

  /** Appends records to the log of a thread, given as items are given to `append`. */
  appendLogs(id: string, records: readonly object[] | string): Promise<void> {
    return this.#session.call((store) => store.appendLogs(String(id), text("records", records)));
  }

  /** Reads records of a log, oldest first: at most `limit` (100) from the number `from` (0) on. */
  async logs<Entry = Record<string, unknown>>(
    id: string,
    { from = 0, limit = 100 }: LogQuery = {},
  ): Promise<StoredItem<Entry>[]> {
    return parsed(await this.#session.call((store) => store.logs(String(id), from, limit)));
  }

  /** Replaces the dynamic tools of a thread, given as items are given to `append`. */
  setTools(id: string, tools: readonly object[] | string): Promise<void> {
    return this.#session.call((store) => store.setTools(String(id), text("tools", tools)));
  }

  /** Reads the dynamic tools of a thread. */
  async tools<Tool = Record<string, unknown>>(id: string): Promise<Tool[]> {
    return parsed(await this.#session.call((store) => store.tools(String(id))));
  }

  /** Tells what a deletion would take. Its `token` lets `delete` refuse a tree that has changed. */
  planDelete(id: string, options: { children?: ChildrenOption } = {}): Promise<DeletionPlan> {
    return this.#session.call((store) => store.planDelete(String(id), options));
  }

  /**
   * Deletes a thread and what is under it, as one step; resolves when nothing of it is left.
   *
   * From the commit on nothing shows the threads and nothing brings them back. A deleted thread's
   * receipt is given again for 30 days.
   *
   * @throws {CreelError} `plan_changed`, `has_children`, `thread_not_found`; `erase_incomplete`
   * when the threads are gone but not yet all of their bytes, which is carried on by itself.
   */
  async delete(id: string, options: DeleteOptions = {}): Promise<Receipt> {
    const { onProgress, signal, ...rest } = options;
    signal?.throwIfAborted();
    const stop = onProgress ? await this.#follow(id, onProgress) : undefined;
    try {
      const receipt = this.#session.call((store) => store.delete(String(id), rest));
      return await (signal ? unlessAborted(receipt, signal) : receipt);
    } finally {
      if (stop) {
        // Events are told a task after their commit.
        await new Promise((resolve) => setTimeout(resolve));
        await this.#events.settled();
        stop();
      }
    }
  }

  /** Reads what the deletion of a thread did; `undefined` if none is known. */
  receipt(id: string): Promise<Receipt | undefined> {
    return this.#session.call((store) => store.receipt(String(id)));
  }

  async #follow(id: string, onProgress: (progress: DeletionProgress) => void) {
    const pending = await this.#session.call((store) => store.pendingDeletions());
    let deletion = pending.find(({ root }) => root === id)?.deletion;
    return this.#events.on("change", (event) => {
      if (event.type === "deleted" && event.threadIds.at(-1) === id) deletion = event.deletion;
      if (event.type !== "erasing" || event.deletion !== deletion) return;
      onProgress({ deletion, erased: event.erased, threads: event.threads });
    });
  }
}

function object(item: object): string {
  return text("item", [item]).slice(1, -1);
}

function text(field: string, items: readonly object[] | string): string {
  if (typeof items === "string") return items;
  if (!Array.isArray(items)) {
    throw new CreelError("invalid_field", `${field}: it must be an array or a text`);
  }
  try {
    return JSON.stringify(items);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CreelError("invalid_item", `${field}: they are not JSON: ${reason}`, { cause });
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
