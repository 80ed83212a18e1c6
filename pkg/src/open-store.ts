/// <reference lib="esnext.disposable" preserve="true" />
/** What every open store does, whether it is in this page, behind a port or on a server. */

import type {
  ChangeEvent,
  Report as CheckReport,
  ImportReport,
  PendingDeletion,
  StoreStats,
} from "../wasm/creel.js";
import type { Caller } from "./calls.js";
import { CreelError } from "./errors.js";
import { type CreelEvents, Events } from "./events.js";
import { exportTrees, type ImportSource, type ImportTreesOptions, importTrees } from "./export.js";
import { Jobs } from "./jobs.js";
import { Live } from "./live/index.js";
import { Threads } from "./threads.js";

/** @internal What an open store calls, and hears from. */
export interface StoreSession extends Caller {
  /** Calls `listener` for every change until the store is closed. */
  listen(listener: (event: ChangeEvent) => void): void;
  /** Calls `listener` should the store end without being closed. */
  onDeath(listener: (reason: CreelError) => void): void;
  close(): Promise<void>;
}

/** An open store. `Creel` of `creel` has it here, `Creel` of `creel/remote` elsewhere. */
export abstract class OpenStore {
  /** The threads of the store. */
  readonly threads: Threads;
  /** Parts of the store that follow its changes, for user interfaces. */
  readonly live: Live;
  /** The jobs of the store, whose tasks threads are assigned to. */
  readonly jobs: Jobs;
  /** @internal */
  protected readonly events: Events;
  readonly #session: StoreSession;

  /** @internal */
  protected constructor(session: StoreSession) {
    this.#session = session;
    this.events = new Events((id) => this.threads.read(id));
    this.threads = new Threads(session, this.events);
    this.jobs = new Jobs(session);
    this.live = new Live({
      threads: this.threads,
      streams: this.threads.streams,
      onChange: (listener) => this.events.on("change", listener),
      pull: () => this.refresh(),
    });
    session.onDeath((reason) => this.live.end(reason));
    session.listen((event) => this.events.push(event));
  }

  /**
   * Calls `listener` for every event of a kind from now on, in the order of the journal.
   *
   * Changes of other instances are told too, when this one hears of them.
   *
   * @returns a function that removes the listener.
   */
  on<Name extends keyof CreelEvents>(
    event: Name,
    listener: (event: CreelEvents[Name]) => void,
  ): () => void {
    return this.events.on(event, listener);
  }

  /**
   * Calls a method of the protocol, `thread/list` or another one, and resolves to its result.
   *
   * The shapes are those of the Codex app-server: times are in seconds, limits are clamped.
   *
   * @throws {CreelError} with `rpcCode`, the JSON-RPC code; `unknown_method` for an unknown one.
   */
  abstract request<Result = unknown>(method: string, params?: object): Promise<Result>;

  /**
   * Exports a thread with everything below it, or every tree, as lines of JSON in pieces of text.
   *
   * Nothing is read before the first piece is asked for, and then no more than a piece at a time. A
   * tree that is deleted meanwhile is marked, and left out by an import.
   *
   * @throws {CreelError} `thread_not_found`, `thread_deleted`.
   */
  export(id?: string): AsyncIterable<string> {
    return exportTrees(this.#session, id === undefined ? undefined : String(id));
  }

  /**
   * Imports what was exported: each tree appears whole, or not at all.
   *
   * A tree of which a thread is there already, or was deleted, is left out and named in the report,
   * and so is one that is not whole. A file is read piece by piece.
   *
   * @throws {CreelError} `invalid_field` for what is no export or one of a newer version.
   */
  async import(source: ImportSource, options: ImportTreesOptions = {}): Promise<ImportReport> {
    return importTrees(this.#session, source, options);
  }

  /** Reads what other instances have committed; without it, news comes by itself a little later. */
  refresh(): Promise<void> {
    return this.#session.call((store) => store.refresh());
  }

  /** Counts what the store holds. */
  stats(): Promise<StoreStats> {
    return this.#session.call((store) => store.stats());
  }

  /**
   * Reads the whole store and checks every invariant; a sound store has no `findings`.
   *
   * Nothing is changed. `creel doctor` can repair what it finds.
   */
  check(): Promise<CheckReport> {
    return this.#session.call((store) => store.check());
  }

  /** Lists the deletions that are not finished, those that can be undone among them. */
  pendingDeletions(): Promise<PendingDeletion[]> {
    return this.#session.call((store) => store.pendingDeletions());
  }

  /**
   * Undoes a deletion that was given `grace`; resolves to the ids of the threads that are back.
   *
   * @throws {CreelError} `not_undoable` once erasing has begun.
   */
  undelete(deletionId: string): Promise<string[]> {
    return this.#session.call((store) => store.undelete(String(deletionId)));
  }

  /**
   * Closes the store and gives its memory back; a second call does nothing.
   *
   * Items that are being written are kept as drafts first.
   * Calls that run are finished or reject with `closed`; later ones reject with `closed`.
   */
  async close(): Promise<void> {
    if (this.threads.streams.open) await this.threads.streams.keep();
    try {
      await this.#session.close();
    } finally {
      await this.events.settled();
      this.events.clear();
      this.live.end(new CreelError("closed", "the store is closed"));
    }
  }

  /** Closes the store at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
