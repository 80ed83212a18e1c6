/** Texts over a port, in both directions, and its end, which each side tells the other. */

import { CreelError } from "../errors.js";
import { live, outlive } from "./alive.js";

/**
 * What a bridge needs of a port: a `MessagePort`, a `Worker`, a worker's own scope, or an object of
 * your own with these methods around any `postMessage`.
 *
 * Messages that are not texts are left alone. One bridge has the port for itself.
 */
export interface BridgePort {
  /** Sends a text to the other side, where it arrives after those sent before it. */
  postMessage(message: unknown): void;
  /** Calls `listener` with events that have `data`, and where there are such, when the port closes. */
  addEventListener(type: "message" | "close", listener: PortListener): void;
  /** Stops calling a listener that was added. */
  removeEventListener(type: "message" | "close", listener: PortListener): void;
  /** Begins the delivery, where the port has to be told. */
  start?(): void;
}

/** Takes an event: its `data` is the message of a `message`, and a `close` has none. */
// biome-ignore lint/suspicious/noExplicitAny: no other type takes the ports of both the DOM and Node.
export type PortListener = (event: any) => void;

/** The notifications of the bridge itself, which are none of the store. */
const OWN = '{"method":"creel/bridge/';
const CLOSED = "creel/bridge/closed";
const ALIVE = "creel/bridge/alive";
const HELLO = "creel/bridge/hello";

/** How long a farewell may be on its way when the lock of its sender is free, in milliseconds. */
const FAREWELL_MS = 100;

/** One end of a bridge. */
export class End {
  /** Resolves when the other side can notice the end of this one, if it can at all. */
  readonly announced: Promise<unknown>;
  /** Called when a client begins, also one that is on the port in the place of an earlier one. */
  onHello: (() => void) | undefined;
  /** Resolves when the end of the other side is noticed, as far as it has announced itself. */
  watching: Promise<void> = Promise.resolve();
  readonly #port: BridgePort;
  readonly #onText: (text: string) => void;
  readonly #onClose: (reason: CreelError) => void;
  readonly #ended = new AbortController();

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
    this.announced = live(this.#ended.signal).then((lock) => lock && this.#tell(ALIVE, { lock }));
  }

  /** Whether neither side has ended it. */
  get open(): boolean {
    return !this.#ended.signal.aborted;
  }

  /** Sends a text; nothing once the bridge is closed. */
  send(text: string): void {
    if (this.open) this.#port.postMessage(text);
  }

  /** Tells the server that a client begins here. */
  hello(): void {
    this.#tell(HELLO, {});
  }

  /** Ends the bridge and tells the other side why. */
  close(reason: CreelError): void {
    const { code, message, retryable } = reason;
    this.#tell(CLOSED, { code, message, retryable });
    this.#end(reason);
  }

  readonly #hear = ({ data }: { data: unknown }): void => {
    if (typeof data !== "string") return;
    if (!data.startsWith(OWN)) {
      this.#onText(data);
      return;
    }
    const { method, params } = JSON.parse(data);
    if (method === CLOSED) {
      this.#end(new CreelError(params.code, params.message, { retryable: params.retryable }));
    } else if (method === ALIVE) {
      const gone = () => void setTimeout(this.#vanish, FAREWELL_MS);
      this.watching = outlive(params.lock, this.#ended.signal, gone);
    } else if (method === HELLO) this.onHello?.();
  };

  readonly #vanish = (): void => {
    this.#end(new CreelError("closed", "the other side of the bridge is gone"));
  };

  #tell(method: string, params: object): void {
    this.send(JSON.stringify({ method, params }));
  }

  #end(reason: CreelError): void {
    if (!this.open) return;
    this.#ended.abort();
    this.#port.removeEventListener("message", this.#hear);
    this.#port.removeEventListener("close", this.#vanish);
    // A worker's own `close` would end the worker.
    if (typeof MessagePort === "function" && this.#port instanceof MessagePort) this.#port.close();
    this.#onClose(reason);
  }
}
