/** The end of a bridge that uses the store of the other side. */

import { CreelError } from "../errors.js";
import { type BridgePort, End } from "./port.js";

/** Says how a client introduces itself, and how long it waits for that. */
export interface BridgeOptions {
  /** The client's name for the server; `"creel-bridge"` unless given. */
  name?: string;
  /** How long to wait for the server, in milliseconds; 30,000 unless given. */
  timeout?: number;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: CreelError): void;
}

interface Incoming {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: { code: string; retryable: boolean } };
}

/** Uses a store that another window, worker or process has open. */
export class BridgeClient {
  /** Resolves when the bridge has ended, from whichever side, to why. */
  readonly closed: Promise<CreelError>;
  readonly #end: End;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<(params: never) => void>>();
  #ended: CreelError | undefined;
  #requests = 0;

  /** Does as `connectBridge`. */
  static async connect(port: BridgePort, options: BridgeOptions = {}): Promise<BridgeClient> {
    const { name = "creel-bridge", timeout = 30_000 } = options;
    const client = new BridgeClient(port);
    const late = setTimeout(() => {
      const message = `nobody served the bridge in ${timeout} ms`;
      client.#end.close(new CreelError("bridge_unanswered", message, { retryable: true }));
    }, timeout);
    try {
      const clientInfo = { name, version: "1" };
      const capabilities = { experimentalApi: true };
      await client.#end.announced;
      client.#end.hello();
      await client.request("initialize", { clientInfo, capabilities });
      await client.#end.watching;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      clearTimeout(late);
    }
    client.#end.send(JSON.stringify({ method: "initialized" }));
    return client;
  }

  private constructor(port: BridgePort) {
    let resolve: (reason: CreelError) => void;
    this.closed = new Promise((resolved) => {
      resolve = resolved;
    });
    this.#end = new End(
      port,
      (text) => this.#hear(text),
      (reason) => {
        this.#ended = reason;
        for (const { reject } of this.#waiting.values()) reject(reason);
        this.#waiting.clear();
        this.#listeners.clear();
        resolve(reason);
      },
    );
  }

  /**
   * Calls a method of the protocol, `thread/list` or another one, and resolves to its result.
   *
   * @throws {CreelError} as the server's `Creel.request`, and `closed` when the bridge ends first.
   */
  request<Result = unknown>(method: string, params?: object): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#requests += 1;
      const id = this.#requests;
      const text = JSON.stringify({ id, method: String(method), params });
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#end.send(text);
    });
  }

  /**
   * Calls `listener` with the parameters of every notification of a method from now on, such as
   * `thread/deleted`, in the order of the server.
   *
   * @returns a function that removes the listener.
   */
  on<Params = unknown>(method: string, listener: (params: Params) => void): () => void {
    // Wrapped, so that one function may be added twice and be removed once.
    const own = (params: never) => listener(params);
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(own));
    return () => void listeners.delete(own);
  }

  /** Ends the bridge; what is waited for rejects with `closed`. A second call does nothing. */
  close(): void {
    this.#end.close(new CreelError("closed", "the client closed the bridge"));
  }

  /** Ends the bridge at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  #hear(text: string): void {
    const { id = 0, method, params, result, error } = read(text);
    if (method !== undefined) {
      this.#tell(method, params);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(failure(error));
    else waiting?.resolve(result);
  }

  #tell(method: string, params: unknown): void {
    for (const listener of [...(this.#listeners.get(method) ?? [])]) {
      try {
        listener(params as never);
      } catch (error) {
        queueMicrotask(() => Promise.reject(error));
      }
    }
  }
}

/**
 * Connects to the store that `serveBridge` serves at the other end of a port.
 *
 * @throws {CreelError} `bridge_unanswered` when nobody answers in time, and what `serveBridge` ends
 * the bridge with.
 */
export function connectBridge(port: BridgePort, options?: BridgeOptions): Promise<BridgeClient> {
  return BridgeClient.connect(port, options);
}

/** Reads a message; what somebody else says on the port is none. */
function read(text: string): Incoming {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function failure({ code, message, data }: NonNullable<Incoming["error"]>): CreelError {
  const { code: own = "invalid_request", retryable = false } = data ?? {};
  return new CreelError(own, message, { retryable, rpcCode: code });
}
