/** A store that this page has open: opening, and what only the one who has it can do. The rest is in `open-store.ts`. */

import type { ImportReport, StorageHost } from "../wasm/creel.js";
import { callNamed, isCall } from "./calls.js";
import type { Connection } from "./connection.js";
import { CreelError } from "./errors.js";
import { type ImportFile, type ImportOptions, importCodex } from "./import.js";
import {
  destroyStore,
  estimate,
  IndexedDbHost,
  listStores,
  persist,
  type SpaceEstimate,
} from "./indexeddb/index.js";
import { type InitInput, init } from "./init.js";
import { OpenStore } from "./open-store.js";
import { Session } from "./session.js";

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
export class Creel extends OpenStore {
  /**
   * Whether the browser has removed what the store held, by itself, since it was last open here.
   *
   * Browsers do that to a whole origin when space gets short, unless `Creel.persist` was promised; so
   * tell the user. It stays true until something is written again. It is noticed in pages of Chromium;
   * elsewhere, and in workers, a store that was removed may look like a new one.
   */
  readonly evicted: boolean;
  readonly #session: Session;

  /**
   * Opens a store, which is made if it is absent, and loads the WebAssembly module if need be.
   *
   * Unfinished deletions are carried on in the background. Of a store of many threads the newest can be
   * listed as soon as this resolves; other calls wait until all threads are read, and reject with why
   * they can't be.
   *
   * @throws {CreelError} `wasm_unavailable`, `blocked`, `quota_exceeded`, `schema_too_new`,
   * `corrupt`, `storage_unavailable`, or `invalid_field` for an option.
   */
  static async open(options: OpenOptions = {}): Promise<Creel> {
    const { storage = "indexeddb", name = "creel", durability, wasm } = options;
    // The module comes while the database opens; why it does not is told by the session.
    void init(wasm).catch(() => undefined);
    const host = typeof storage === "object" ? storage : await ownStorage(storage, name);
    try {
      const session = await Session.open(host, durability, wasm);
      const creel = new Creel(session, host instanceof IndexedDbHost && host.evicted);
      // It waits for the whole store, which nobody else needs to; a store that ends before leaves none.
      if (host instanceof IndexedDbHost) void creel.#leaveTrace(host).catch(() => undefined);
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
    super(session);
    this.evicted = evicted;
    this.#session = session;
  }

  /** Does as `OpenStore.request`. */
  async request<Result = unknown>(method: string, params?: object): Promise<Result> {
    const json = params && JSON.stringify(params);
    return JSON.parse(await this.#session.call((store) => store.request(String(method), json)));
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

  /** @internal Calls the store by a name on the wire; nothing is there for a name that is none. */
  callNamed(method: string, params: Record<string, unknown>): Promise<unknown> | undefined {
    if (!isCall(method)) return undefined;
    return this.#session.call((store) => callNamed(store, method, params));
  }

  async #leaveTrace(host: IndexedDbHost): Promise<void> {
    const { threads } = await this.stats();
    if (threads > 0) host.remember();
    else this.#session.listen(() => host.remember());
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
