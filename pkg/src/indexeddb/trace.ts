/**
 * What is left of a store that the browser has removed: a word in `localStorage`, which outlives it
 * in Chromium.
 *
 * It tells a store that is new from one that was there; it holds nothing of the threads.
 */

export class Trace {
  readonly #key: string;

  /** The trace of a database; workers, and pages that may keep nothing, have none. */
  constructor(database: string) {
    this.#key = database;
  }

  /** `"kept"` of a store that had content, `"lost"` of one that is known to be gone. */
  get word(): string | undefined {
    return this.#attempt((storage) => storage.getItem(this.#key)) ?? undefined;
  }

  set word(word: "kept" | "lost") {
    this.#attempt((storage) => storage.setItem(this.#key, word));
  }

  /** Forgets the store, which was removed on purpose. */
  remove(): void {
    this.#attempt((storage) => storage.removeItem(this.#key));
  }

  #attempt<T>(work: (storage: Storage) => T): T | undefined {
    try {
      // Workers have none, and the mention of it throws where a page may keep nothing.
      return typeof localStorage === "object" && localStorage ? work(localStorage) : undefined;
    } catch {
      return undefined;
    }
  }
}
