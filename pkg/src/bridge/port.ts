/** Texts over a port, in both directions, and its end, which each side tells the other. */

import { CreelError } from "../errors.js";

/**
 * What a bridge needs of a port: a `MessagePort`, a `Worker`, a worker's own scope, or an object of
 * your own with these methods around any `postMessage`.
 *
 * Messages that are not texts are left alone. One bridge has the port for itself.
 */
export interface BridgePort {
  postMessage(message: unknown): void;
  /** Calls `listener` with events that have `data`, and where there are such, when the port closes. */
  addEventListener(type: "message" | "close", listener: PortListener): void;
  removeEventListener(type: "message" | "close", listener: PortListener): void;
  /** Begins the delivery, where the port has to be told. */
  start?(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: no other type takes the ports of both the DOM and Node.
type PortListener = (event: any) => void;

/** The notification that ends a bridge; it is of the bridge, not of the store. */
const CLOSED = "creel/bridge/closed";
const FAREWELL = `{"method":"${CLOSED}"`;

/** One end of a bridge. */
export class End {
  readonly #port: BridgePort;
  readonly #onText: (text: string) => void;
  readonly #onClose: (reason: CreelError) => void;
  #open = true;

  /** Listens; `onClose` is called once, whichever side ends it. */
  constructor(
    port: BridgePort,
    onText: (text: string) => void,
    onClose: (reason: CreelError) => void,
  ) {
    this.#port = port;
    this.#onText = onText;
    this.#onClose = onClose;
    port.addEventListener("message", this.#hear);
    port.addEventListener("close", this.#vanish);
    port.start?.();
  }

  /** Whether neither side has ended it. */
  get open(): boolean {
    return this.#open;
  }

  /** Sends a text; nothing once the bridge is closed. */
  send(text: string): void {
    if (this.#open) this.#port.postMessage(text);
  }

  /** Ends the bridge and tells the other side why. */
  close(reason: CreelError): void {
    const { code, message, retryable } = reason;
    this.send(JSON.stringify({ method: CLOSED, params: { code, message, retryable } }));
    this.#end(reason);
  }

  readonly #hear = ({ data }: { data: unknown }): void => {
    if (typeof data !== "string") return;
    if (data.startsWith(FAREWELL)) {
      const { params } = JSON.parse(data);
      this.#end(new CreelError(params.code, params.message, { retryable: params.retryable }));
    } else {
      this.#onText(data);
    }
  };

  readonly #vanish = (): void => {
    this.#end(new CreelError("closed", "the other side of the bridge is gone"));
  };

  #end(reason: CreelError): void {
    if (!this.#open) return;
    this.#open = false;
    this.#port.removeEventListener("message", this.#hear);
    this.#port.removeEventListener("close", this.#vanish);
    // A worker's own `close` would end the worker.
    if (typeof MessagePort === "function" && this.#port instanceof MessagePort) this.#port.close();
    this.#onClose(reason);
  }
}
