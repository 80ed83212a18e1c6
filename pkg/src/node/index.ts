/** A store on the local file system, for Node, Electron's main process and the extension hosts of editors. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Batch, KeyRange, ScanPage, StorageHost, Table } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { Engine, sqlite } from "./engine.js";
import { closed } from "./failures.js";
import { Thread } from "./thread.js";
import type { Work } from "./work.js";

export { CreelError } from "../errors.js";

/** Says how a host works. */
export interface SqliteHostOptions {
  /**
   * Whether the database works in a thread of its own, so that nothing blocks the caller's; true
   * unless given. Without, a commit blocks for as long as the disk takes to sync, and the scrub at
   * the end of a deletion for 6 to 9 ms for each megabyte of the store.
   */
  thread?: boolean;
}

/**
 * Keeps a store in a directory, as a SQLite database.
 *
 * The database is that of the `creel` program and crate: all of them may have one store open at the
 * same time, and each hears of the others' commits. It must be a local file system. A lock of
 * another process is waited for up to ten seconds, then the call rejects with `blocked`. `"relaxed"`
 * survives the process, `"strict"` the loss of power; on a full disk, small strict commits such as
 * deletions still have 1 MB of reserve.
 *
 * It needs `node:sqlite`: Node 22.13 or newer, Electron 35 or newer.
 *
 * @example
 * ```js
 * import { Creel } from "creel";
 * import { SqliteHost } from "creel/node";
 *
 * const creel = await Creel.open({ storage: await SqliteHost.open("/home/me/.my-agent/threads") });
 * ```
 */
export class SqliteHost implements StorageHost {
  readonly #work: Work;
  /** Opens the same store once more, for what takes long. */
  readonly #beside: (() => Promise<Work>) | undefined;
  readonly #watchers: Set<() => void>;
  #tidying: Promise<unknown> | undefined;
  #closed = false;

  /**
   * Opens the store in a directory, which is made if it is absent, its parents too, with mode 0700.
   *
   * @throws {CreelError} `storage_unavailable` without `node:sqlite` or when the directory can't be used,
   * `blocked`, `quota_exceeded`, `schema_too_new`, and `corrupt` for a file that is no store.
   */
  static async open(directory: string | URL, options: SqliteHostOptions = {}): Promise<SqliteHost> {
    const path = checkedPath(directory);
    sqlite();
    const watchers = new Set<() => void>();
    const onNews = () => {
      for (const watcher of watchers) watcher();
    };
    if (options.thread === false) return new SqliteHost(await Engine.open(path, onNews), watchers);
    const work = await Thread.open(path, onNews);
    return new SqliteHost(work, watchers, () => Thread.open(path, () => undefined));
  }

  private constructor(work: Work, watchers: Set<() => void>, beside?: () => Promise<Work>) {
    this.#work = work;
    this.#watchers = watchers;
    this.#beside = beside;
  }

  /** Reads the values of `keys` from one snapshot, `undefined` where one is absent. */
  async get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#opened().get(table, keys);
  }

  /** Reads the records of a range from one snapshot; a page ends after about 4 MB. */
  async scan(
    table: Table,
    range: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage> {
    return this.#opened().scan(table, range, limit, order);
  }

  /** Applies `batch` in one transaction and resolves when it is as durable as asked. */
  async commit(batch: Batch, durability: "relaxed" | "strict"): Promise<void> {
    // A scrub holds the database for itself, which takes longer than anyone waits for a lock.
    while (this.#tidying) await this.#tidying;
    const long = await this.#opened().commit(batch, durability);
    // Behind the commit that made it long, before the next one.
    if (long) this.#work.shorten().catch(() => undefined);
  }

  /**
   * Writes the database anew without the remains of deleted values, and empties its log.
   *
   * Commits wait meanwhile, reads don't. It needs as much free space as the store keeps. A reader of
   * another process that doesn't end within two seconds makes it `"prevented"`.
   */
  async scrub(): Promise<"physical" | "prevented"> {
    while (this.#tidying) await this.#tidying;
    this.#opened();
    return this.#tidy((work) => work.scrub());
  }

  /** Calls `callback` when another host or process has committed. */
  watch(callback: () => void): boolean {
    this.#watchers.add(callback);
    this.#work.watch().catch(() => undefined);
    return true;
  }

  /** Closes the database once the calls that run have ended; later ones reject with `closed`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watchers.clear();
    await this.#tidying;
    await this.#work.close();
  }

  #opened(): Work {
    if (this.#closed) throw closed();
    return this.#work;
  }

  /** Does what takes long beside the reads, where there is a thread for it. */
  async #tidy<T>(task: (work: Work) => Promise<T>): Promise<T> {
    const run = async () => {
      const beside = await this.#beside?.();
      try {
        return await task(beside ?? this.#work);
      } finally {
        await beside?.close();
      }
    };
    const running = run();
    const over = running.then(
      () => undefined,
      () => undefined,
    );
    this.#tidying = over;
    over.then(() => {
      this.#tidying = undefined;
    });
    return running;
  }
}

function checkedPath(directory: unknown): string {
  if (typeof directory === "string" && directory !== "") return resolve(directory);
  if (directory instanceof URL) return fileURLToPath(directory);
  throw new CreelError("invalid_field", `directory: it must be a path, not \`${directory}\``);
}
