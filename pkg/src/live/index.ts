/** Hands out live objects, the same for the same question, and tells them what changed. */

import type { ChangeEvent } from "../../wasm/creel.js";
import type { CreelError } from "../errors.js";
import type { Threads } from "../threads.js";
import { LiveItems, type LiveItemsOptions } from "./items.js";
import type { Hub, LiveObject } from "./observable.js";
import { canonical, canonicalId } from "./same.js";
import type { Streams } from "./streams.js";
import { LiveThread } from "./thread.js";
import { LiveThreads, type LiveThreadsQuery } from "./threads.js";

/** What live objects need of the store. */
export interface LiveSource {
  readonly threads: Pick<Threads, "list" | "read" | "items" | "drafts">;
  readonly streams: Streams;
  onChange(listener: (event: ChangeEvent) => void): () => void;
  pull(): Promise<void>;
}

/**
 * Parts of the store that follow its changes, whichever tab makes them: `subscribe` and
 * `getSnapshot` as `useSyncExternalStore` of React and the stores of Svelte, Solid and Vue want them.
 *
 * The same question is answered by the same object as long as somebody listens, and some seconds on.
 * Nothing is read before somebody listens.
 */
export class Live implements Hub {
  /** @internal */
  ended: CreelError | undefined;
  readonly #source: LiveSource;
  readonly #objects = new Map<string, LiveObject>();
  readonly #attached = new Set<LiveObject>();
  #unhear: (() => void) | undefined;

  /** @internal */
  constructor(source: LiveSource) {
    this.#source = source;
  }

  /** Follows a list of threads: as `Threads.list` without a query active ones, newest first. */
  threads(query: LiveThreadsQuery = {}): LiveThreads {
    const { threads } = this.#source;
    return this.#one(
      `threads ${canonical(query)}`,
      (key) => new LiveThreads(this, key, { ...query }, threads),
    );
  }

  /** Follows the metadata of one thread. */
  thread(id: string): LiveThread {
    const read = (id: string) => this.#source.threads.read(id);
    const own = canonicalId(id);
    return this.#one(`thread ${own}`, (key) => new LiveThread(this, key, own, read));
  }

  /** Follows the items of one thread, those that are being written too. */
  items<Item = Record<string, unknown>>(
    id: string,
    options: LiveItemsOptions = {},
  ): LiveItems<Item> {
    const { threads, streams } = this.#source;
    const own = canonicalId(id);
    return this.#one(
      `items ${own} ${canonical(options)}`,
      (key) => new LiveItems<Item>(this, key, own, { ...options }, threads, streams),
    );
  }

  /** @internal */
  attach(object: LiveObject): void {
    if (!this.#objects.has(object.key)) this.#objects.set(object.key, object);
    this.#attached.add(object);
    this.#unhear ??= this.#source.onChange((event) => {
      for (const object of [...this.#attached]) object.hear(event);
    });
  }

  /** @internal */
  detach(object: LiveObject): void {
    this.#attached.delete(object);
    if (this.#objects.get(object.key) === object) this.#objects.delete(object.key);
    if (this.#attached.size > 0) return;
    this.#unhear?.();
    this.#unhear = undefined;
  }

  /** @internal */
  pull(): Promise<void> {
    return this.#source.pull();
  }

  /** @internal Changes were missed: everything is read again. */
  renew(): void {
    for (const object of this.#attached) object.renew();
  }

  /** @internal The store is closed: every snapshot says so. */
  end(reason: CreelError): void {
    this.ended = reason;
    for (const object of this.#attached) object.end(reason);
    this.#attached.clear();
    this.#objects.clear();
  }

  #one<T extends LiveObject>(key: string, make: (key: string) => T): T {
    const known = this.#objects.get(key);
    if (known) return known as T;
    const made = make(key);
    this.#objects.set(key, made);
    made.rest();
    return made;
  }
}
