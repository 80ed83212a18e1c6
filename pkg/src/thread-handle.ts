/** One thread by its id: the methods of `Threads` with the id filled in, and its items one by one. */

import type {
  Appended,
  CreateThread,
  DeletionPlan,
  Goal,
  GoalPatch,
  ItemQuery,
  Receipt,
  Thread,
  ThreadPatch,
} from "../wasm/creel.js";
import type { ItemStream, StreamOptions } from "./live/streams.js";
import type {
  ChildrenOption,
  DeleteOptions,
  Draft,
  ForkOptions,
  ItemPage,
  LogQuery,
  StoredItem,
  Threads,
} from "./threads.js";

/** The items of a page while a history is read through: few round trips, little memory. */
const STRIDE = 1000;

/** Stands for one thread. It holds nothing but the id and costs nothing. */
export class ThreadHandle {
  /** The thread's id. */
  readonly id: string;
  readonly #threads: Threads;

  /** @internal */
  constructor(threads: Threads, id: string) {
    this.#threads = threads;
    this.id = id;
  }

  /** Reads the thread's metadata. */
  read(): Promise<Thread> {
    return this.#threads.read(this.id);
  }

  /** Appends items in one step, as `Threads.append` does. */
  append(items: readonly object[] | string): Promise<Appended> {
    return this.#threads.append(this.id, items);
  }

  /**
   * Yields the items one by one, reading pages as it goes; oldest first unless `query` says so.
   *
   * `limit` is the size of the pages, 1,000 unless given, not the number of items. Items appended
   * meanwhile are yielded too. Once the thread is deleted, it throws `thread_deleted`.
   */
  async *items<Item = Record<string, unknown>>(
    query: ItemQuery = {},
  ): AsyncGenerator<StoredItem<Item>, void, undefined> {
    let next: ItemQuery | undefined = { limit: STRIDE, ...query };
    while (next) {
      const { data, nextCursor }: ItemPage<Item> = await this.#threads.items<Item>(this.id, next);
      yield* data;
      const { from: _, ...rest }: ItemQuery = next;
      next = nextCursor === null ? undefined : { ...rest, cursor: nextCursor };
    }
  }

  /** Reads a page of items, as `Threads.items` does. */
  page<Item = Record<string, unknown>>(query?: ItemQuery): Promise<ItemPage<Item>> {
    return this.#threads.items<Item>(this.id, query);
  }

  /** Begins to write an item that grows, as `Threads.stream` does. */
  stream<Item extends object>(item: Item, options?: StreamOptions): ItemStream<Item> {
    return this.#threads.stream(this.id, item, options);
  }

  /** Lists the drafts, as `Threads.drafts` does. */
  drafts<Item = Record<string, unknown>>(): Promise<Draft<Item>[]> {
    return this.#threads.drafts<Item>(this.id);
  }

  /** Creates a thread under this one. */
  spawn(options: Omit<CreateThread, "parentThreadId"> = {}): Promise<ThreadHandle> {
    return this.#threads.create({ ...options, parentThreadId: this.id });
  }

  /** Cuts the history back to its first `length` items. */
  truncate(length: number): Promise<Thread> {
    return this.#threads.truncate(this.id, length);
  }

  /** Removes the last `count` items, as `Threads.pop` does. */
  pop<Item = Record<string, unknown>>(count?: number): Promise<StoredItem<Item>[]> {
    return this.#threads.pop<Item>(this.id, count);
  }

  /** Forks the thread, as `Threads.fork` does. */
  fork(options?: ForkOptions): Promise<ThreadHandle> {
    return this.#threads.fork(this.id, options);
  }

  /** Gives the thread a name. */
  rename(name: string): Promise<Thread> {
    return this.#threads.rename(this.id, name);
  }

  /** Changes metadata: a field left out stays, `null` clears. */
  update(patch: ThreadPatch): Promise<Thread> {
    return this.#threads.update(this.id, patch);
  }

  /** Archives the thread with its descendants; resolves to the ids newly archived. */
  archive(): Promise<string[]> {
    return this.#threads.archive(this.id);
  }

  /** Unarchives the thread with its descendants; resolves to the ids newly unarchived. */
  unarchive(): Promise<string[]> {
    return this.#threads.unarchive(this.id);
  }

  /** Tells what deleting the thread would take. */
  planDelete(options?: { children?: ChildrenOption }): Promise<DeletionPlan> {
    return this.#threads.planDelete(this.id, options);
  }

  /** Deletes the thread and what is under it, as `Threads.delete` does. */
  delete(options?: DeleteOptions): Promise<Receipt> {
    return this.#threads.delete(this.id, options);
  }

  /** Lists the children. */
  children(): Promise<Thread[]> {
    return this.#threads.children(this.id);
  }

  /** Lists the descendants, by depth, then by id. */
  descendants(): Promise<Thread[]> {
    return this.#threads.descendants(this.id);
  }

  /** Opens or closes the edge to the thread that spawned this one. */
  setEdgeStatus(status: "open" | "closed"): Promise<Thread> {
    return this.#threads.setEdgeStatus(this.id, status);
  }
  /** Moves the thread under another parent; `null` makes it a root. */
  setParent(parentId: string | null): Promise<Thread> {
    return this.#threads.setParent(this.id, parentId);
  }

  /** Reads the goal; `undefined` if there is none. */
  goal(): Promise<Goal | undefined> {
    return this.#threads.goal(this.id);
  }

  /** Sets or changes the goal, as `Threads.setGoal` does. */
  setGoal(patch: GoalPatch): Promise<Goal> {
    return this.#threads.setGoal(this.id, patch);
  }

  /** Clears the goal; resolves to whether there was one. */
  clearGoal(): Promise<boolean> {
    return this.#threads.clearGoal(this.id);
  }

  /** Appends records to the log. */
  appendLogs(records: readonly object[] | string): Promise<void> {
    return this.#threads.appendLogs(this.id, records);
  }

  /** Reads records of the log, as `Threads.logs` does. */
  logs<Entry = Record<string, unknown>>(query?: LogQuery): Promise<StoredItem<Entry>[]> {
    return this.#threads.logs<Entry>(this.id, query);
  }

  /** Replaces the dynamic tools. */
  setTools(tools: readonly object[] | string): Promise<void> {
    return this.#threads.setTools(this.id, tools);
  }

  /** Reads the dynamic tools. */
  tools<Tool = Record<string, unknown>>(): Promise<Tool[]> {
    return this.#threads.tools<Tool>(this.id);
  }
}
