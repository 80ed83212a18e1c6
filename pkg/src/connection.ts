/** A client of a store in messages, as any transport carries them: JSON texts in, JSON texts out. */

import type { Connection as Wire } from "../wasm/creel.js";
import { CreelError } from "./errors.js";
import type { Instance } from "./instance.js";

/** One client of `Creel.connect`; it introduces itself with `initialize` as the protocol has it. */
export class Connection {
  /** Resolves when the connection has ended: by `close`, or with the store. */
  readonly closed: Promise<void>;
  readonly #instance: Instance;
  readonly #onClose: () => void;
  #wire: Wire | undefined;

  /** `Creel.connect` makes connections. */
  constructor(instance: Instance, wire: Wire, onClose: (connection: Connection) => void) {
    this.#instance = instance;
    this.#wire = wire;
    let resolve: () => void;
    this.closed = new Promise((resolved) => {
      resolve = resolved;
    });
    const forget = instance.onDeath(() => this.close());
    this.#onClose = () => {
      forget();
      onClose(this);
      resolve();
    };
  }

  /**
   * Takes one message; resolves when its answer and what comes with it have been sent.
   *
   * A message that is wrong is answered; only the end of the store or of the connection rejects.
   */
  async handle(message: string): Promise<void> {
    const wire = this.#wire;
    if (!wire) throw new CreelError("closed", "the connection is closed");
    await this.#instance.call(() => wire.handle(String(message)));
  }

  /** Sends nothing more and gives the memory back; a second call does nothing. */
  close(): void {
    const wire = this.#wire;
    this.#wire = undefined;
    if (!wire) return;
    if (!this.#instance.dead) {
      wire.close();
      wire.free();
    }
    this.#onClose();
  }
}
