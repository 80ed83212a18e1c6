/**
 * One connection to a database that comes back when the browser takes it away.
 *
 * Browsers close connections on their own: in the background, after a full disk, when the user
 * clears the site's data. A read is then tried once more; of a commit, the outcome is reported.
 */

import type { Table } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { openDatabase } from "./database.js";
import { failure, isDisconnect } from "./failures.js";

export class Connection {
  /** Whether the database was absent when this one opened it. */
  created = false;
  readonly #store: string;
  readonly #onLost: () => void;
  #database: Promise<IDBDatabase> | undefined;
  #connected = false;
  #closed = false;

  /** Opens the database of a store; `onLost` is called if it is absent when it is opened again. */
  static async open(store: string, onLost: () => void): Promise<Connection> {
    const connection = new Connection(store, onLost);
    await connection.#open();
    return connection;
  }

  private constructor(store: string, onLost: () => void) {
    this.#store = store;
    this.#onLost = onLost;
  }

  /** Runs `work` in a transaction that reads one table; it may await that table's requests only. */
  async read<T>(table: Table, work: (table: IDBObjectStore) => Promise<T>): Promise<T> {
    const attempt = async () => {
      const transaction = await this.#begin([table], "readonly");
      return work(transaction.objectStore(table));
    };
    try {
      return await attempt();
    } catch (cause) {
      if (this.#closed || !isDisconnect(cause)) throw failure(cause);
      this.#forget();
    }
    return attempt().catch((cause: unknown) => Promise.reject(failure(cause)));
  }

  /**
   * Runs `work`, which issues every request at once, and resolves when the transaction is complete.
   *
   * `work` gets a function that aborts the transaction with an error.
   */
  async write(
    tables: Table[],
    durability: IDBTransactionDurability,
    work: (transaction: IDBTransaction, refuse: (error: CreelError) => void) => void,
  ): Promise<void> {
    const transaction = await this.#begin(tables, "readwrite", { durability });
    return new Promise((resolve, reject) => {
      let refusal: CreelError | undefined;
      const refuse = (error: CreelError) => {
        refusal ??= error;
        try {
          transaction.abort();
        } catch {
          // The browser was first, and may have told of it before anyone listened.
          reject(refusal);
        }
      };
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(refusal ?? failure(transaction.error));
      transaction.onerror = ({ target }) => {
        const { error } = target as IDBRequest;
        // Only an insert can meet a constraint: there are no unique indexes.
        if (error?.name === "ConstraintError") refusal ??= conflict();
      };
      try {
        work(transaction, refuse);
      } catch (cause) {
        refuse(failure(cause));
      }
    });
  }

  /** Closes the connection; transactions that run are completed. */
  async close(): Promise<void> {
    this.#closed = true;
    const database = this.#database;
    this.#database = undefined;
    (await database?.catch(() => undefined))?.close();
  }

  /** Begins a transaction and returns in the same task, or it would be over before it is used. */
  async #begin(
    tables: Table[],
    mode: IDBTransactionMode,
    options?: IDBTransactionOptions,
  ): Promise<IDBTransaction> {
    try {
      return (await this.#open()).transaction(tables, mode, options);
    } catch (cause) {
      if (this.#closed || !isDisconnect(cause)) throw failure(cause);
      this.#forget();
    }
    const database = await this.#open();
    try {
      // Nothing had begun, so that even a commit may be tried again.
      return database.transaction(tables, mode, options);
    } catch (cause) {
      throw failure(cause);
    }
  }

  #open(): Promise<IDBDatabase> {
    if (this.#closed) return Promise.reject(new CreelError("closed", "the store is closed"));
    this.#database ??= this.#connect().catch((cause: unknown) => {
      this.#database = undefined;
      throw failure(cause);
    });
    return this.#database;
  }

  async #connect(): Promise<IDBDatabase> {
    const { database, created } = await openDatabase(this.#store);
    if (!this.#connected) this.created = created;
    else if (created) this.#onLost();
    this.#connected = true;
    // Another tab upgrades or removes the store: what this one knows of it is over.
    database.onversionchange = () => {
      this.#closed = true;
      database.close();
    };
    database.onclose = () => this.#forget();
    return database;
  }

  #forget(): void {
    this.#database?.then(
      (database) => database.close(),
      () => undefined,
    );
    this.#database = undefined;
  }
}

/** Says that a check is missing or a key is there already. */
export function conflict(): CreelError {
  return new CreelError("conflict", "another instance committed first", { retryable: true });
}
