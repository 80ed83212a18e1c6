/** One open store inside the module: who may call it, and when its memory is given back. */

import {
  type ChangeEvent,
  type StorageHost,
  Store,
  type ThreadPage,
  type ThreadQuery,
} from "../wasm/creel.js";
import { Connection } from "./connection.js";
import { CreelError } from "./errors.js";
import { type InitInput, living } from "./init.js";
import type { Instance } from "./instance.js";
import { nextTask } from "./task.js";

export class Session {
  readonly #instance: Instance;
  readonly #store: Store;
  #forget: () => void;
  readonly #connections = new Set<Connection>();
  #closing: Promise<void> | undefined;
  #calls = 0;
  /** Until all of the store is read; rejects when it can't be. */
  #reading: Promise<void> | undefined;
  /** Until the last of the calls that wait for a task of their own has begun. */
  #turn: Promise<void> | undefined;

  /** Opens the store of a host, or an empty one in memory. */
  static async open(
    host: StorageHost | undefined,
    durability: string | undefined,
    wasm: InitInput | undefined,
  ): Promise<Session> {
    const instance = await living(wasm);
    const store = await instance.call(() => Store.open(host, durability));
    // The dead close nothing themselves.
    const release = () => void host?.close().catch(() => undefined);
    const session = new Session(instance, store, instance.onDeath(release));
    session.#read();
    return session;
  }

  private constructor(instance: Instance, store: Store, forget: () => void) {
    this.#instance = instance;
    this.#store = store;
    this.#forget = forget;
  }

  /** Whether calls are still let in. */
  get alive(): boolean {
    return !this.#closing && !this.#instance.dead;
  }

  /** Calls a method of the store. */
  call<T>(method: (store: Store) => T | Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new CreelError("closed", "the store is closed"));
    return this.#turn ? this.#turn.then(() => this.#run(method)) : this.#run(method);
  }

  /** Calls a method in a task of its own; what is called after it begins after it. */
  callInTask<T>(method: (store: Store) => T | Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new CreelError("closed", "the store is closed"));
    const turn = (this.#turn ?? Promise.resolve()).then(nextTask);
    this.#turn = turn;
    return turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
      return this.#run(method);
    });
  }

  /** Lists threads while the store is still read, where the newest ones tell. */
  newest(query: ThreadQuery): Promise<ThreadPage | undefined> | undefined {
    if (!this.#reading || !this.alive) return undefined;
    // What is wrong with a query is told by the call that follows.
    return this.#instance.call(() => this.#store.newest(query)).catch(() => undefined);
  }

  /** Calls `listener` for every change until the store is closed. */
  listen(listener: (event: ChangeEvent) => void): void {
    this.#store.subscribe(listener);
  }

  /** Calls `listener` should the instance stop while the store is open. */
  onDeath(listener: (reason: CreelError) => void): void {
    const forget = this.#forget;
    const own = this.#instance.onDeath(() => this.#instance.dead && listener(this.#instance.dead));
    this.#forget = () => {
      forget();
      own();
    };
  }

  /** Makes a client in messages, which ends with the store. */
  async connect(send: (message: string) => void): Promise<Connection> {
    const wire = await this.call((store) => store.connect(send));
    const connection = new Connection(this.#instance, wire, (own) => this.#connections.delete(own));
    this.#connections.add(connection);
    // The store may have been closed meanwhile.
    if (!this.alive) connection.close();
    return connection;
  }

  /** Closes the store once; its memory goes with the last call that runs. */
  close(): Promise<void> {
    const close = () => this.#run((store) => store.close(), "last");
    this.#closing ??= (this.#turn ? this.#turn.then(close) : close()).finally(() => {
      for (const connection of this.#connections) connection.close();
    });
    return this.#closing;
  }

  #read(): void {
    const whole = this.#store.whole();
    if (!whole) return;
    this.#reading = this.#instance.call(() => whole);
    const read = () => {
      this.#reading = undefined;
    };
    this.#reading.then(read, () => undefined);
  }

  async #run<T>(method: (store: Store) => T | Promise<T>, last?: "last"): Promise<T> {
    this.#calls += 1;
    try {
      // What could not be read can still be closed.
      if (this.#reading) await (last ? this.#reading.catch(() => undefined) : this.#reading);
      return await this.#instance.call(() => method(this.#store));
    } finally {
      this.#calls -= 1;
      if (this.#closing && this.#calls === 0 && !this.#instance.dead) {
        this.#store.free();
        this.#forget();
      }
    }
  }
}
