/** How one tab hears that others may have committed: their word on a channel, and its own waking up. */

/** The news of one store, among the tabs of an origin. */
export class News {
  readonly #ended = new AbortController();
  #channel: BroadcastChannel | undefined;
  /** Posts what comes back in a task of its own, unlike timers without waiting in hidden tabs. */
  readonly #task = new MessageChannel();
  #telling = false;

  /** Joins the channel of a name, where there are channels. */
  constructor(name: string) {
    if (typeof BroadcastChannel === "function") this.#channel = new BroadcastChannel(name);
    this.#task.port1.onmessage = () => {
      this.#telling = false;
      this.#channel?.postMessage(null);
    };
  }

  /**
   * Tells the others in a later task: whoever waits for the commit goes on first, and what is
   * committed until then is told along with it.
   */
  tell(): void {
    if (this.#telling || !this.#channel) return;
    this.#telling = true;
    this.#task.port2.postMessage(null);
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

  /** Leaves the channel, once the last word is said. */
  close(): void {
    this.#ended.abort();
    if (this.#telling) this.#channel?.postMessage(null);
    this.#task.port1.close();
    this.#channel?.close();
    this.#channel = undefined;
  }
}
