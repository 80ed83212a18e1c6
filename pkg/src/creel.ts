/// <reference lib="esnext.disposable" preserve="true" />
/** A store: opening, events, requests, closing. Its threads are in `threads.ts`. */

import type {
  Report as CheckReport,
  ImportReport,
  PendingDeletion,
  StorageHost,
  StoreStats,
} from "../wasm/creel.js";
import type { Connection } from "./connection.js";
import { CreelError } from "./errors.js";
import { type CreelEvents, Events } from "./events.js";
import { exportTrees, type ImportSource, type ImportTreesOptions, importTrees } from "./export.js";
import { type ImportFile, type ImportOptions, importCodex } from "./import.js";
import {
  destroyStore,
  estimate,
  IndexedDbHost,
  listStores,
  persist,
  type SpaceEstimate,
} from "./indexeddb/index.js";
import type { InitInput } from "./init.js";
import { Jobs } from "./jobs.js";
import { Live } from "./live/index.js";
import { Session } from "./session.js";
import { Threads } from "./threads.js";

/** Says which store to open, where it is kept, and how firmly. */
export interface OpenOptions {
  /** The store's name in IndexedDB; `"creel"` unless given. Other storages take none. */
  name?: string;
  /**
   * Where the store is kept: `"indexeddb"` unless given, `"memory"`, or a host, which then belongs to
   * the store: it is closed with it, and when it can't be opened.
   */
  storage?: "indexeddb" | "memory" | StorageHost;
  /**
   * What appends and metadata survive once they resolve: `"relaxed"` (default, as browsers do) the
   * end of the process, `"strict"` the loss of power. Deletion and archiving are always strict.
   */
  durability?: "relaxed" | "strict";
  /** Where the WebAssembly module is; the package's own file unless given. See `init`. */
  wasm?: InitInput;
}

/**
 * Keeps conversation threads: a forest of threads, each with metadata and an append-only history.
 *
 * Several instances, also in other tabs, may have one store open; each sees what the others commit.
 * Every failure is a `CreelError`.
 */
export class Creel {
  /** The threads of the store. */
  readonly threads: Threads;
  /** Parts of the store that follow its changes, for user interfaces. */
  readonly live: Live;
  /** The jobs of the store, whose tasks threads are assigned to. */
  readonly jobs: Jobs;
  /**
   * Whether the browser has removed what the store held, by itself, since it was last open here.
   *
   * Browsers do that to a whole origin when space gets short, unless `Creel.persist` was promised; so
   * tell the user. It stays true until something is written again. It is noticed in pages of Chromium;
   * elsewhere, and in workers, a store that was removed may look like a new one.
   */
  readonly evicted: boolean;
  readonly #session: Session;
  readonly #events: Events;

  /**
   * Opens a store, which is made if it is absent, and loads the WebAssembly module if need be.
   *
   * Unfinished deletions are carried on in the background.
   *
   * @throws {CreelError} `wasm_unavailable`, `blocked`, `quota_exceeded`, `schema_too_new`,
   * `corrupt`, `storage_unavailable`, or `invalid_field` for an option.
   */
  static async open(options: OpenOptions = {}): Promise<Creel> {
    const { storage = "indexeddb", name = "creel", durability, wasm } = options;
    const host = typeof storage === "object" ? storage : await ownStorage(storage, name);
    try {
      const session = await Session.open(host, durability, wasm);
      const creel = new Creel(session, host instanceof IndexedDbHost && host.evicted);
      if (host instanceof IndexedDbHost) await creel.#leaveTrace(host);
      return creel;
    } catch (error) {
      // The failure that matters is the first one.
      const close = async () => host?.close();
      await close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Lists the names of the stores that this origin has in IndexedDB.
   *
   * @throws {CreelError} `storage_unavailable` where there is no IndexedDB.
   */
  static stores(): Promise<string[]> {
    return listStores();
  }

  /**
   * Removes a store from IndexedDB with everything in it; an absent one is no error.
   *
   * Instances that have it open, in this tab and others, are closed by it.
   *
   * @throws {CreelError} `blocked` when a tab does not let go of it; it goes when that tab does.
   * `storage_unavailable` where there is no IndexedDB.
   */
  static async destroy(name: string): Promise<void> {
    return destroyStore(checkedName(name));
  }

  /**
   * Asks the browser to keep the stores of this origin when space gets short, and resolves to whether
   * it promises that. Without, it may remove them all at once, by itself.
   *
   * Browsers decide by how much a site is used, or ask the user: call it after something was done.
   */
  static persist(): Promise<boolean> {
    return persist();
  }

  /** Reads how much space the stores of this origin take and may take, in bytes. */
  static estimate(): Promise<SpaceEstimate> {
    return estimate();
  }

  private constructor(session: Session, evicted: boolean) {
    this.evicted = evicted;
    this.#session = session;
    this.#events = new Events((id) => this.threads.read(id));
    this.threads = new Threads(session, this.#events);
    this.jobs = new Jobs(session);
    this.live = new Live({
      threads: this.threads,
      streams: this.threads.streams,
      onChange: (listener) => this.#events.on("change", listener),
      pull: () => this.refresh(),
    });
    session.onDeath((reason) => this.live.end(reason));
    session.listen((event) => this.#events.push(event));
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
    return this.#events.on(event, listener);
  }

  /**
   * Calls a method of the protocol, `thread/list` or another one, and resolves to its result.
   *
   * The shapes are those of the Codex app-server: times are in seconds, limits are clamped.
   *
   * @throws {CreelError} with `rpcCode`, the JSON-RPC code; `unknown_method` for an unknown one.
   */
  async request<Result = unknown>(method: string, params?: object): Promise<Result> {
    const json = params && JSON.stringify(params);
    return JSON.parse(await this.#session.call((store) => store.request(String(method), json)));
  }

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

  /**
   * Makes a client of the store that speaks the protocol in messages; `send` is called with every
   * message for it: answers, and notifications once it has sent `initialize`.
   *
   * It is what a transport of your own needs; for ports there is `serveBridge` of `creel/bridge`.
   */
  connect(send: (message: string) => void): Promise<Connection> {
    return this.#session.connect(send);
  }

  /**
   * Imports sessions of Codex: rollout files, and the names of a `session_index.jsonl` among them.
   *
   * Every line of a rollout is kept as an item; a thread appears when its file is in whole, and a
   * file is read piece by piece. Running it again brings only what is new. Bad lines and files are
   * named in the report and end nothing; other files are left alone.
   */
  async importCodex(
    files: Iterable<ImportFile | File>,
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    return importCodex(this.#session, files, options);
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
      await this.#events.settled();
      this.#events.clear();
      this.live.end(new CreelError("closed", "the store is closed"));
    }
  }

  async #leaveTrace(host: IndexedDbHost): Promise<void> {
    const { threads } = await this.stats();
    if (threads > 0) host.remember();
    else this.#session.listen(() => host.remember());
  }

  /** Closes the store at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function ownStorage(
  storage: "indexeddb" | "memory",
  name: string,
): Promise<StorageHost | undefined> {
  if (storage === "memory") return undefined;
  if (storage === "indexeddb") return IndexedDbHost.open(checkedName(name));
  throw new CreelError("invalid_field", `storage: \`${storage}\` is no storage`);
}

function checkedName(name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw new CreelError("invalid_field", `name: it must be a text, not \`${name}\``);
}
