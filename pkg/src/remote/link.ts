/**
 * The way to a store on a server, which outlives its connections: it comes back by itself, says where
 * it is in the journal, and sends again what was not answered.
 */

import type { ChangeEvent } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { type Answer, failure, PendingRequests } from "./pending.js";
import { dial, type SocketClass, type SocketLike } from "./socket.js";
import type { Wire } from "./store.js";

/** The first pause before another try, and the longest, in milliseconds. */
const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** How often it is looked whether the other side is there, and after which silence it is asked. */
const LOOK_MS = 5_000;
const QUIET_MS = 20_000;
/** After this silence it is not there. */
const GONE_MS = 35_000;
/** How long a connection may take to be made. */
const DIAL_MS = 10_000;

/** Says whether the store can be reached. */
export type LinkState = "connecting" | "open" | "closed";

/** What a link tells. */
export interface LinkHearer {
  change(event: ChangeEvent): void;
  missed(gap: { from: number; to: number }): void;
  /** The state is another one; it is closed for good with a reason. */
  state(state: LinkState, reason: CreelError | undefined): void;
}

interface Hello {
  resumed: boolean;
  position: number;
  readOnly: boolean;
  maxMessage: number;
}

interface Incoming extends Answer {
  method?: string;
  params?: { position: number; changes: object[]; from: number; to: number };
}

export class Link implements Wire {
  state: LinkState = "connecting";
  /** Whether the token may only read. */
  readOnly = false;
  readonly #dial: (hearer: Parameters<typeof dial>[3]) => SocketLike;
  readonly #hearer: LinkHearer;
  readonly #patience: number;
  readonly #session = crypto.randomUUID();
  readonly #pending = new PendingRequests((text) => this.#send(text));
  #socket: SocketLike | undefined;
  #since: number | undefined;
  #ended: CreelError | undefined;
  #tries = 0;
  #heard = 0;
  /** Set while requests are not waited with for a connection any more. */
  #lost: CreelError | undefined;
  #late: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #look: ReturnType<typeof setInterval>;
  readonly #wake = () => this.#hurry();

  constructor(
    url: string,
    token: string,
    options: { timeout: number; WebSocket: SocketClass },
    hearer: LinkHearer,
  ) {
    this.#dial = (hearer) => dial(url, token, options.WebSocket, hearer);
    this.#hearer = hearer;
    this.#patience = options.timeout;
    this.#look = setInterval(() => this.#watch(), LOOK_MS);
    // Waiting for a server is no reason to keep a program running.
    (this.#look as { unref?(): void }).unref?.();
    (globalThis as { addEventListener?: typeof addEventListener }).addEventListener?.(
      "online",
      this.#wake,
    );
    this.#startWaiting();
    this.#connect();
  }

  request<Result>(method: string, params: object | undefined, changes: boolean): Promise<Result> {
    const reason = this.#ended ?? this.#lost;
    if (reason) return Promise.reject(reason);
    return this.#pending.add<Result>(method, params, changes, this.state === "open");
  }

  /** Ends the link; what waits rejects. A second call does nothing. */
  close(reason: CreelError): void {
    if (this.#ended) return;
    this.#ended = reason;
    clearInterval(this.#look);
    clearTimeout(this.#late);
    clearTimeout(this.#retry);
    (globalThis as { removeEventListener?: typeof removeEventListener }).removeEventListener?.(
      "online",
      this.#wake,
    );
    this.#send('{"method":"creel/goodbye"}');
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
    this.#pending.giveUp(reason);
    this.#become("closed");
  }

  #connect(): void {
    if (this.#ended) return;
    let socket: SocketLike | undefined;
    let said = false;
    const current = () => socket !== undefined && socket === this.#socket;
    const late = setTimeout(() => socket?.close(), DIAL_MS);
    try {
      socket = this.#dial({
        open: () => {
          if (!current()) return;
          const params = { session: this.#session, since: this.#since ?? null };
          this.#send(JSON.stringify({ id: 0, method: "creel/hello", params }));
        },
        hear: (text) => {
          if (!current()) return;
          this.#heard = Date.now();
          const message = JSON.parse(text) as Incoming;
          clearTimeout(late);
          if (said) this.#hear(message);
          else this.#welcome(message);
          said = true;
        },
        close: (final) => {
          clearTimeout(late);
          if (current()) this.#lose(final);
        },
      });
      this.#socket = socket;
    } catch (cause) {
      clearTimeout(late);
      const message = cause instanceof Error ? cause.message : String(cause);
      this.close(new CreelError("invalid_field", `url: ${message}`, { cause }));
    }
  }

  #welcome({ result, error }: Incoming): void {
    if (error) {
      this.close(failure(error));
      return;
    }
    const { resumed, position, readOnly, maxMessage } = result as Hello;
    this.#since ??= position;
    this.readOnly = readOnly;
    this.#pending.limit = maxMessage;
    this.#tries = 0;
    clearTimeout(this.#late);
    this.#late = undefined;
    this.#lost = undefined;
    this.#become("open");
    this.#pending.resend(resumed);
  }

  #hear(message: Incoming): void {
    const { method, params } = message;
    if (method === undefined) this.#pending.take(message);
    else if (method === "creel/changed" && params) {
      const { position, changes } = params;
      if (position <= (this.#since ?? 0)) return;
      this.#since = position;
      for (const change of changes) this.#hearer.change({ position, ...change } as ChangeEvent);
    } else if (method === "creel/missed" && params) {
      this.#since = params.to;
      this.#hearer.missed({ from: params.from, to: params.to });
    }
  }

  #lose(final: CreelError | undefined): void {
    this.#socket = undefined;
    if (final) {
      this.close(final);
      return;
    }
    if (this.state === "open") this.#startWaiting();
    this.#become("connecting");
    const longest = Math.min(FIRST_MS * 2 ** this.#tries, LONGEST_MS);
    this.#tries += 1;
    // A server that comes back is not asked by all clients at once.
    this.#retry = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  /** Begins the time after which requests are not waited with for a connection. */
  #startWaiting(): void {
    this.#late = setTimeout(() => {
      const message = `the server was not reached in ${this.#patience} ms`;
      this.#lost = new CreelError("unreachable", message, { retryable: true });
      this.#pending.giveUp(this.#lost);
      this.#hearer.state(this.state, this.#lost);
    }, this.#patience);
  }

  /** The network is back: there is no use in waiting on. */
  #hurry(): void {
    if (this.state !== "connecting" || this.#socket) return;
    clearTimeout(this.#retry);
    this.#tries = 0;
    this.#connect();
  }

  #watch(): void {
    if (this.state !== "open") return;
    const silence = Date.now() - this.#heard;
    if (silence > GONE_MS) {
      const socket = this.#socket;
      this.#lose(undefined);
      socket?.close();
    } else if (silence > QUIET_MS) this.#send('{"id":0,"method":"creel/ping"}');
  }

  #send(text: string): void {
    try {
      this.#socket?.send(text);
    } catch {
      // It is about to close, and what was not answered is sent again.
    }
  }

  #become(state: LinkState): void {
    if (this.state === state) return;
    this.state = state;
    this.#hearer.state(state, this.#ended);
  }
}
