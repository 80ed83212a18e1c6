/** How one tab hears that others may have committed: their word on a channel, and its own waking up. */

/** The news of one store, among the tabs of an origin. */
export class News {
  readonly #ended = new AbortController();
  #channel: BroadcastChannel | undefined;

  /** Joins the channel of a name, where there are channels. */
  constructor(name: string) {
    if (typeof BroadcastChannel === "function") this.#channel = new BroadcastChannel(name);
  }

  /** Tells the others. */
  tell(): void {
    this.#channel?.postMessage(null);
  }

  /** Calls `callback` whenever there may be news; returns false where tabs can't be heard. */
  listen(callback: () => void): boolean {
    const { signal } = this.#ended;
    this.#channel?.addEventListener("message", () => callback(), { signal });
    // A frozen tab, or one that comes back from the history, may have been told nothing.
    if (typeof document === "object") {
      const woken = () => document.visibilityState === "visible" && callback();
      document.addEventListener("visibilitychange", woken, { signal });
      document.addEventListener("resume", () => callback(), { signal });
      addEventListener("pageshow", ({ persisted }) => persisted && callback(), { signal });
    }
    return this.#channel !== undefined;
  }

  /** Leaves the channel. */
  close(): void {
    this.#ended.abort();
    this.#channel?.close();
    this.#channel = undefined;
  }
}
