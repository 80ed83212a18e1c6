/** One thread that follows its changes. */

import type { ChangeEvent, Thread } from "../../wasm/creel.js";
import { touches } from "./changes.js";
import { type Hub, LiveObject, type LiveState, unlessDeleted } from "./observable.js";
import { same } from "./same.js";

/** What is known of a thread. */
export interface ThreadSnapshot extends LiveState {
  /** The thread: the same object until something in it changes; absent before it is read. */
  readonly thread: Thread | undefined;
}

const LOADING: ThreadSnapshot = {
  status: "loading",
  error: undefined,
  refreshing: false,
  thread: undefined,
};

/** Follows one thread; `creel.live.thread(id)` hands it out. */
export class LiveThread extends LiveObject<ThreadSnapshot> {
  /** The thread's id. */
  readonly id: string;
  readonly #read: (id: string) => Promise<Thread>;
  #deleted = false;

  /** @internal */
  constructor(hub: Hub, key: string, id: string, read: (id: string) => Promise<Thread>) {
    super(hub, key, LOADING);
    this.id = id;
    this.#read = read;
  }

  /** @internal */
  hear(event: ChangeEvent): void {
    if (!touches(event, this.id)) return;
    this.#deleted = event.type === "deleted";
    if (this.#deleted) this.set({ ...LOADING, status: "deleted" });
    else this.invalidate();
  }

  protected async load(): Promise<void> {
    const read = await unlessDeleted(this.#read(this.id));
    // What is being read may still have what is deleted meanwhile.
    if (!read || this.#deleted) return this.set({ ...LOADING, status: "deleted" });
    const { thread: before } = this.getSnapshot();
    const thread = before && same(before, read) ? before : read;
    this.set({ status: "ready", error: undefined, refreshing: false, thread });
  }

  protected forget(): void {
    this.#deleted = false;
  }
}
