/** How one tab hears that others may have committed: their word on a channel, and its own waking up. */

/** How long what follows a word waits for the next one, in milliseconds: a word costs a tenth of a commit. */
const GATHER_MS = 16;

/** The news of one store, among the tabs of an origin. */
export class News {
  readonly #ended = new AbortController();
  #channel: BroadcastChannel | undefined;
  /** Posts what comes back in a task of its own, unlike timers without waiting in hidden tabs. */
  readonly #task = new MessageChannel();
  #telling = false;
  #told = Number.NEGATIVE_INFINITY;

  /** Joins the channel of a name, where there are channels. */
  constructor(name: string) {
    if (typeof BroadcastChannel === "function") this.#channel = new BroadcastChannel(name);
    this.#task.port1.onmessage = () => this.#say();
  }

  /**
   * Tells the others in a later task, and a moment after the last word: whoever waits for the
   * commit goes on first, and what is committed until then is told along with it.
   */
  tell(): void {
    if (this.#telling || !this.#channel) return;
    this.#telling = true;
    const wait = this.#told + GATHER_MS - performance.now();
    const isHidden = typeof document === "object" && document.visibilityState !== "visible";
    if (wait > 0 && !isHidden) setTimeout(() => this.#say(), wait);
    else this.#task.port2.postMessage(null);
  }

  #say(): void {
    this.#telling = false;
    this.#told = performance.now();
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

  /** Leaves the channel, once the last word is said. */
  close(): void {
    this.#ended.abort();
    if (this.#telling) this.#channel?.postMessage(null);
    this.#task.port1.close();
    this.#channel?.close();
    this.#channel = undefined;
  }
}
