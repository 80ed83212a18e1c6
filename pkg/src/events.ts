/** Events of a store: the changes of the journal under the names of the protocol, in order. */

import type { ChangeEvent, DeletionProgress, Goal, Thread } from "../wasm/creel.js";

/** Names every event of `Creel.on` with what its listeners get. */
export interface CreelEvents {
  /** A thread was created. One that is gone again by the time it is told is left out. */
  "thread/started": { thread: Thread };
  /** Items were appended; `first` is the sequence number of the first. */
  "thread/items/appended": { threadId: string; first: number; count: number };
  /** The history was cut back: items from `length` on are gone. */
  "thread/reverted": { threadId: string; length: number };
  /** The name was set, or cleared: then `threadName` is `null`. */
  "thread/name/updated": { threadId: string; threadName: string | null };
  /** Other metadata, the parent or the spawn edge changed. */
  "thread/updated": { threadId: string };
  /** The goal was set or changed. */
  "thread/goal/updated": { threadId: string; goal: Goal };
  /** The goal was cleared. */
  "thread/goal/cleared": { threadId: string };
  /** A collection of documents changed: a thread's, or the store's own where `threadId` is `null`. */
  "documents/changed": { threadId: string | null; collection: string };
  /** The job of this id, or one of its tasks, was created, changed or deleted. */
  "job/changed": { job: string };
  /** A thread was archived: the root first, then the deepest descendants. */
  "thread/archived": { threadId: string };
  /** A thread was unarchived: the root first, then by depth. */
  "thread/unarchived": { threadId: string };
  /** A thread was deleted: the deepest first, the root last. */
  "thread/deleted": { threadId: string };
  /** A deletion was undone: the root first, then by depth. */
  "thread/undeleted": { threadId: string };
  /** A batch of a deletion's threads was erased. */
  "deletion/progress": DeletionProgress;
  /** Nothing of a deletion's threads is left. */
  "deletion/erased": { deletion: string; root: string };
  /**
   * Of a store elsewhere: the connection was away for longer than the other side keeps changes, and
   * those after the entry `from`, up to `to`, are not told. `live` has read everything again.
   */
  missed: { from: number; to: number };
  /** Every change as it is, before the events made of it. */
  change: ChangeEvent;
  /** A listener threw. Without a listener for it, the error is reported as uncaught. */
  error: unknown;
}

type Listener<Name extends keyof CreelEvents> = (event: CreelEvents[Name]) => void;

/** Keeps listeners and tells them of changes, one change after the other. */
export class Events {
  readonly #listeners = new Map<keyof CreelEvents, Set<Listener<never>>>();
  readonly #readThread: (id: string) => Promise<Thread>;
  #told: Promise<void> = Promise.resolve();

  /** Makes an empty set of listeners; `readThread` reads a thread that was created. */
  constructor(readThread: (id: string) => Promise<Thread>) {
    this.#readThread = readThread;
  }

  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof CreelEvents>(name: Name, listener: Listener<Name>): () => void {
    // Wrapped, so that one function may be added twice and be removed once.
    const own: Listener<Name> = (event) => listener(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(own as Listener<never>));
    return () => void listeners.delete(own as Listener<never>);
  }

  /** Tells of a change after all earlier ones. */
  push(event: ChangeEvent): void {
    this.#told = this.#told.then(() => this.#tell(event));
  }

  /** Tells of changes that are not told, after all earlier ones. */
  missed(gap: CreelEvents["missed"]): void {
    this.#told = this.#told.then(() => this.#emit("missed", gap));
  }

  /** Resolves when all that was pushed has been told. */
  settled(): Promise<void> {
    return this.#told;
  }

  /** Removes every listener. */
  clear(): void {
    this.#listeners.clear();
  }

  async #tell(event: ChangeEvent): Promise<void> {
    this.#emit("change", event);
    switch (event.type) {
      case "created":
        return this.#tellStarted(event.threadId);
      case "appended": {
        const { threadId, first, count } = event;
        return this.#emit("thread/items/appended", { threadId, first, count });
      }
      case "truncated":
        return this.#emit("thread/reverted", { threadId: event.threadId, length: event.length });
      case "renamed":
        return this.#emit("thread/name/updated", {
          threadId: event.threadId,
          threadName: event.name,
        });
      case "updated":
        return this.#emit("thread/updated", { threadId: event.threadId });
      case "goalChanged": {
        const { threadId, goal } = event;
        if (goal) return this.#emit("thread/goal/updated", { threadId, goal });
        return this.#emit("thread/goal/cleared", { threadId });
      }
      case "documentsChanged": {
        const { threadId, collection } = event;
        return this.#emit("documents/changed", { threadId, collection });
      }
      case "jobChanged":
        return this.#emit("job/changed", { job: event.job });
      case "archived":
      case "unarchived":
      case "deleted":
      case "undeleted":
        for (const threadId of event.threadIds) this.#emit(`thread/${event.type}`, { threadId });
        return;
      case "erasing": {
        const { deletion, erased, threads } = event;
        return this.#emit("deletion/progress", { deletion, erased, threads });
      }
      case "erased":
        return this.#emit("deletion/erased", { deletion: event.deletion, root: event.root });
    }
  }

  async #tellStarted(id: string): Promise<void> {
    if (!this.#listeners.get("thread/started")?.size) return;
    const thread = await this.#readThread(id).catch(() => undefined);
    if (thread) this.#emit("thread/started", { thread });
  }

  #emit<Name extends keyof CreelEvents>(name: Name, event: CreelEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as Listener<Name>[]) {
      try {
        listener(event);
      } catch (error) {
        if (name !== "error" && this.#listeners.get("error")?.size) this.#emit("error", error);
        else queueMicrotask(() => Promise.reject(error));
      }
    }
  }
}
