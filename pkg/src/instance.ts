/**
 * One instance of the WebAssembly module: every call into it goes through here.
 *
 * A panic or a trap leaves the memory of the instance in no known state. Then every waiting call
 * and every later one is refused, and the loader makes a new instance for the next open.
 */

import { CreelError } from "./errors.js";

/** What engines say when the stack is full, which ends the instance as a trap does. */
const EXHAUSTED = /call stack size exceeded|too much recursion/i;

export class Instance {
  /** Why no call is let in any more. */
  dead: CreelError | undefined;
  readonly #waiting = new Set<(reason: CreelError) => void>();
  readonly #deathbed: Set<() => void>;

  /** Makes the gate of a new instance; `onDeath` is called at the end of it. */
  constructor(onDeath: () => void) {
    this.#deathbed = new Set([onDeath]);
  }

  /** Calls `listener` at the end of the instance, unless the function returned is called before. */
  onDeath(listener: () => void): () => void {
    this.#deathbed.add(listener);
    return () => void this.#deathbed.delete(listener);
  }

  /** Calls into the module; every failure is a `CreelError`. */
  call<T>(method: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      this.#waiting.add(reject);
      const fail = (thrown: unknown) => {
        this.#waiting.delete(reject);
        reject(this.#translate(thrown));
      };
      try {
        const answer = method();
        if (!(answer instanceof Promise)) {
          this.#waiting.delete(reject);
          return resolve(answer);
        }
        answer.then((value) => {
          this.#waiting.delete(reject);
          resolve(value);
        }, fail);
      } catch (thrown) {
        fail(thrown);
      }
    });
  }

  /** Takes what the module threw: a trap is the end of it. */
  hear(thrown: unknown): void {
    if (!(thrown instanceof Error)) return;
    if (thrown instanceof WebAssembly.RuntimeError || EXHAUSTED.test(thrown.message)) {
      this.#kill(thrown.message, thrown);
    }
  }

  /** Refuses every waiting and every later call. */
  #kill(message: string, cause: Error): void {
    if (this.dead) return;
    const reason = `the WebAssembly instance has stopped, open the store again: ${message}`;
    this.dead = new CreelError("instance_dead", reason, { cause });
    for (const reject of this.#waiting) reject(this.dead);
    this.#waiting.clear();
    for (const listener of this.#deathbed) listener();
  }

  #translate(thrown: unknown): unknown {
    this.hear(thrown);
    if (this.dead) return this.dead;
    if (!(thrown instanceof Error)) return thrown;
    if (thrown.name !== "CreelError") return thrown;
    const { code, message, retryable, rpcCode } = thrown as CreelError;
    const kept = thrown.cause === undefined ? {} : { cause: thrown.cause };
    return new CreelError(code, message, { retryable, rpcCode, ...kept });
  }
}
