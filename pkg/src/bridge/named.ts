/** The calls of typed clients at the end of a bridge that has the store: answered as they are done. */

import { PREFIX } from "../calls.js";
import type { Creel } from "../creel.js";

/** What a client sends to hear of every change. */
const SUBSCRIBE = `${PREFIX}subscribe`;

export class NamedCalls {
  readonly #creel: Creel;
  readonly #send: (text: string) => void;
  #unhear: (() => void) | undefined;

  constructor(creel: Creel, send: (text: string) => void) {
    this.#creel = creel;
    this.#send = send;
  }

  /** Takes a message if it is such a call. */
  take(text: string): boolean {
    const { id, method, params } = read(text);
    if (typeof method !== "string" || id === undefined) return false;
    if (method === SUBSCRIBE) {
      this.#subscribe();
      this.#answer(id, { result: null });
      return true;
    }
    const called = this.#creel.callNamed(method, Object(params));
    called?.then(
      (result) => this.#answer(id, { result: result ?? null }),
      ({ code, message, retryable }) => {
        const error = { code: -32600, message, data: { code, retryable } };
        this.#answer(id, { error });
      },
    );
    return called !== undefined;
  }

  /** Tells of nothing more. */
  end(): void {
    this.#unhear?.();
    this.#unhear = undefined;
  }

  #subscribe(): void {
    this.#unhear ??= this.#creel.on("change", ({ position, ...change }) => {
      const params = { position, changes: [change] };
      this.#send(JSON.stringify({ method: "creel/changed", params }));
    });
  }

  #answer(id: unknown, answer: object): void {
    this.#send(JSON.stringify({ id, ...answer }));
  }
}

function read(text: string): { id?: unknown; method?: unknown; params?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
