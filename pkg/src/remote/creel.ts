/// <reference lib="esnext.disposable" preserve="true" />
/** A store on a server or at the other end of a port, with the methods of one that is here. */

import type { ChangeEvent } from "../../wasm/creel.js";
import { connectBridge } from "../bridge/client.js";
import type { BridgePort } from "../bridge/port.js";
import { PREFIX, type StoreCalls } from "../calls.js";
import { CreelError } from "../errors.js";
import { OpenStore, type StoreSession } from "../open-store.js";
import { Link, type LinkHearer, type LinkState } from "./link.js";
import { addressOf, type SocketClass } from "./socket.js";
import { callsOver, type Wire } from "./store.js";

/** Says which store of a server to use, and as whom. */
export interface ConnectOptions {
  /** The token, as `creel token` printed it. */
  token: string;
  /** The store, where the token opens several. */
  store?: string;
  /**
   * How long requests wait for a connection, in milliseconds; 30,000 unless given. After that they
   * reject with `unreachable`, and connecting goes on.
   */
  timeout?: number;
  /** The class that makes sockets, where the platform has no `WebSocket`: in Node before 22, `ws`. */
  WebSocket?: SocketClass;
}

/** The methods that surely change nothing, and so are asked again after a break. */
const READING = /\/(list|read|get|search|searchOccurrences|plan|pending|stats|doctor)$/;

/**
 * Uses a store that is elsewhere: threads, events, `live` and hooks are those of a store that is here.
 *
 * A connection that breaks is made again by itself, and nothing is told twice or left out meanwhile.
 * Reads are asked again. A change is not done twice: the server knows by its number whether it was
 * done, and where it can't know, since it was restarted, the change rejects with `outcome_unknown`.
 */
export class Creel extends OpenStore {
  readonly #session: RemoteSession;

  /**
   * Connects to a store of `creel serve`; resolves once it is reached.
   *
   * @throws {CreelError} `unauthorized` for a token that does not open the store, `unreachable`,
   * `invalid_field` for an option.
   */
  static async connect(url: string, options: ConnectOptions): Promise<Creel> {
    const { token, store, timeout = 30_000, WebSocket: own } = options;
    if (typeof token !== "string" || token === "") {
      throw new CreelError("invalid_field", "token: it must be a text");
    }
    const WebSocket = own ?? (globalThis as { WebSocket?: SocketClass }).WebSocket;
    if (!WebSocket) {
      throw new CreelError("invalid_field", "WebSocket: this platform has none, so give one");
    }
    const session = new RemoteSession();
    const link = new Link(addressOf(url, store), token, { timeout, WebSocket }, session);
    session.use(link, (reason) => link.close(reason));
    const creel = new Creel(session);
    await session.reached;
    return creel;
  }

  /**
   * Uses the store that `serveBridge` serves at the other end of a port.
   *
   * @throws {CreelError} as `connectBridge` of `creel/bridge`.
   */
  static async over(port: BridgePort, options: { timeout?: number } = {}): Promise<Creel> {
    const client = await connectBridge(port, { name: "creel", ...options });
    const session = new RemoteSession();
    session.use(client, () => client.close());
    client.on<{ position: number; changes: object[] }>("creel/changed", (params) => {
      const { position, changes } = params;
      for (const change of changes) session.change({ position, ...change } as ChangeEvent);
    });
    client.closed.then((reason) => session.state("closed", reason));
    const creel = new Creel(session);
    await client.request(`${PREFIX}subscribe`);
    session.state("open", undefined);
    return creel;
  }

  private constructor(session: RemoteSession) {
    super(session);
    this.#session = session;
    session.onMissed((gap) => {
      this.live.renew();
      this.events.missed(gap);
    });
  }

  /** `"open"` while the store can be reached, `"connecting"` while that is tried, `"closed"` after `close`. */
  get connection(): LinkState {
    return this.#session.now;
  }

  /** Calls `listener` whenever `connection` changes; the function returned ends that. */
  onConnection(listener: (state: LinkState) => void): () => void {
    return this.#session.onState(listener);
  }

  /** Does as `OpenStore.request`. */
  request<Result = unknown>(method: string, params?: object): Promise<Result> {
    const name = String(method);
    return this.#session.request<Result>(name, params, !READING.test(name));
  }
}

/** Stands between an open store and the wire that its calls go over. */
class RemoteSession implements StoreSession, LinkHearer {
  /** Resolves once the store was reached, rejects when it was not. */
  readonly reached: Promise<void>;
  now: LinkState = "connecting";
  #settle: { resolve(): void; reject(reason: CreelError): void } | undefined;
  #wire: Wire | undefined;
  #store: StoreCalls | undefined;
  #end: (reason: CreelError) => void = () => undefined;
  readonly #changes = new Set<(event: ChangeEvent) => void>();
  readonly #gaps = new Set<(gap: { from: number; to: number }) => void>();
  readonly #states = new Set<(state: LinkState) => void>();
  readonly #deaths = new Set<(reason: CreelError) => void>();

  constructor() {
    this.reached = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.reached.catch(() => undefined);
  }

  /** Sends calls over a wire, which `end` ends. */
  use(wire: Wire, end: (reason: CreelError) => void): void {
    this.#wire = wire;
    this.#store = callsOver(wire);
    this.#end = end;
  }

  get alive(): boolean {
    return this.now !== "closed";
  }

  call<T>(method: (store: StoreCalls) => T | Promise<T>): Promise<T> {
    const store = this.#store;
    if (!store) return Promise.reject(new CreelError("closed", "the store is closed"));
    return Promise.resolve(method(store));
  }

  request<Result>(method: string, params: object | undefined, changes: boolean): Promise<Result> {
    if (!this.#wire) return Promise.reject(new CreelError("closed", "the store is closed"));
    return this.#wire.request<Result>(method, params ?? {}, changes);
  }

  listen(listener: (event: ChangeEvent) => void): void {
    this.#changes.add(listener);
  }

  onMissed(listener: (gap: { from: number; to: number }) => void): void {
    this.#gaps.add(listener);
  }

  onState(listener: (state: LinkState) => void): () => void {
    const own = (state: LinkState) => listener(state);
    this.#states.add(own);
    return () => void this.#states.delete(own);
  }

  onDeath(listener: (reason: CreelError) => void): void {
    this.#deaths.add(listener);
  }

  async close(): Promise<void> {
    this.#end(new CreelError("closed", "the store is closed"));
  }

  change(event: ChangeEvent): void {
    for (const listener of this.#changes) listener(event);
  }

  missed(gap: { from: number; to: number }): void {
    for (const listener of this.#gaps) listener(gap);
  }

  state(state: LinkState, reason: CreelError | undefined): void {
    if (state === "open") this.#settle?.resolve();
    else if (reason) {
      this.#settle?.reject(reason);
      // A store that was never reached is not tried for any longer.
      if (state === "connecting" && this.#settle) this.#end(reason);
    }
    if (state === "open" || reason) this.#settle = undefined;
    if (this.now === state) return;
    this.now = state;
    if (state === "closed" && reason) for (const listener of this.#deaths) listener(reason);
    for (const listener of [...this.#states]) listener(state);
  }
}
