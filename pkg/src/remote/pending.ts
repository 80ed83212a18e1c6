/** Requests that wait for their answers, over as many connections as it takes. */

import { CreelError } from "../errors.js";

/** A request on its way. */
export interface Pending {
  readonly id: number;
  readonly method: string;
  readonly params: object | undefined;
  /** Whether it must not be done twice. */
  readonly changes: boolean;
  /** Whether the server may have it. */
  sent: boolean;
  resolve(result: unknown): void;
  reject(error: CreelError): void;
}

/** An answer as it comes. */
export interface Answer {
  id?: number;
  result?: unknown;
  error?: { code: number; message: string; data?: { code: string; retryable: boolean } };
}

/** The first pause after a server that has too much to do, in milliseconds. */
const PAUSE_MS = 200;
/** After so many answers the server is told that it can forget them. */
const ACKNOWLEDGED_AT_ONCE = 32;

/** It reads, but each of its pieces can be read once. */
const EXPORT = "creel/export";

export class PendingRequests {
  /** The longest message that the server takes, in bytes. */
  limit = Number.POSITIVE_INFINITY;
  readonly #send: (text: string) => void;
  readonly #requests = new Map<number, Pending>();
  #last = 0;
  #unacknowledged = 0;

  /** `send` sends a text, or drops it where there is no connection. */
  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Makes a request and sends it. */
  add<Result>(
    method: string,
    params: object | undefined,
    changes: boolean,
    ready: boolean,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#last += 1;
      const id = this.#last;
      const own = { id, method, params, changes, sent: false, reject };
      const pending = { ...own, resolve: resolve as Pending["resolve"] };
      this.#requests.set(id, pending);
      if (ready) this.#transmit(pending, false);
    });
  }

  /** Sends what waits over a new connection; `remembered` says whether the server knows this client. */
  resend(remembered: boolean): void {
    for (const pending of [...this.#requests.values()]) {
      if (pending.sent && pending.changes && !remembered && !isRepeatable(pending)) {
        this.#fail(pending, pending.method === EXPORT ? exportLost() : unknownOutcome());
      } else {
        this.#transmit(pending, pending.sent && remembered);
      }
    }
  }

  /** Takes an answer. */
  take({ id = 0, result, error }: Answer): void {
    const pending = this.#requests.get(id);
    if (!pending) return;
    if (error?.data?.code === "rate_limited") {
      // It was refused at the door, so that it can be sent again as if it never had been.
      const pause = PAUSE_MS * (1 + Math.random());
      setTimeout(() => this.#requests.has(id) && this.#transmit(pending, false), pause);
      return;
    }
    this.#requests.delete(id);
    if (error) pending.reject(failure(error));
    else pending.resolve(result);
    if (pending.changes) this.#acknowledge();
  }

  /** Gives up all that waits: what the server may have done is said to be unknown. */
  giveUp(reason: CreelError): void {
    for (const pending of [...this.#requests.values()]) {
      this.#fail(pending, pending.sent && pending.changes ? unknownOutcome() : reason);
    }
  }

  #transmit(pending: Pending, again: boolean): void {
    const { id, method, params } = pending;
    const text = JSON.stringify({ id, method, params, ...(again && { again }) });
    const size = text.length * 3 > this.limit ? new TextEncoder().encode(text).length : 0;
    if (size > this.limit) {
      // It would end the connection, again and again.
      const message = `message is ${size} long, the limit is ${this.limit}`;
      this.#fail(pending, new CreelError("too_large", message));
      return;
    }
    pending.sent = true;
    this.#send(text);
  }

  #fail(pending: Pending, reason: CreelError): void {
    this.#requests.delete(pending.id);
    pending.reject(reason);
  }

  #acknowledge(): void {
    this.#unacknowledged += 1;
    if (this.#unacknowledged < ACKNOWLEDGED_AT_ONCE) return;
    this.#unacknowledged = 0;
    // They are in the order of their ids.
    const [before = this.#last + 1] = this.#requests.keys();
    this.#send(JSON.stringify({ method: "creel/acknowledge", params: { before } }));
  }
}

/** A deletion that was done is not done again, but answered with its receipt. */
function isRepeatable({ method, params }: Pending): boolean {
  const { options } = Object(params);
  return method === "creel/store/delete" && Object(options).grace === undefined;
}

function unknownOutcome(): CreelError {
  const message = "the connection broke before the answer came: reading tells whether it was done";
  return new CreelError("outcome_unknown", message, { retryable: true });
}

function exportLost(): CreelError {
  const message = "the server does not know of the export any more; begin it anew";
  return new CreelError("unreachable", message, { retryable: true });
}

/** Makes an error of what is on the wire. */
export function failure({ code, message, data }: NonNullable<Answer["error"]>): CreelError {
  const { code: own = "invalid_request", retryable = false } = data ?? {};
  return new CreelError(own, message, { retryable, rpcCode: code });
}
