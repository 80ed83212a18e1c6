/**
 * The database of one host, in the thread that does the work: commits one after the other, reads
 * between them, and waits for other processes that hold no one else up.
 */

import { closeSync, type FSWatcher, mkdirSync, openSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Batch, KeyRange, ScanPage, Table } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import { closed, failure, isBusy } from "./failures.js";
import { Records } from "./records.js";
import { configure, FILE_NAME, prepare } from "./schema.js";
import { Log, Reserve } from "./upkeep.js";
import type { Durability, Scrubbed, Work } from "./work.js";

/** How long a call waits for another process's lock before it is `blocked`, in milliseconds. */
const LOCK_WAIT = 10_000;
/** How long a scrub waits for other processes' readers before it is prevented, in milliseconds. */
const SCRUB_WAIT = 2_000;
/** How long a thread works before others have a turn of its event loop, in milliseconds. */
const SLICE_MS = 8;
/** A strict batch up to this size may take the reserve when the disk is full. */
const RESERVE_BATCH = 64 << 10;
/** How often other processes' commits are looked for when the file system tells of none. */
const LOOK_MS = 1_000;

/** One connection and what belongs to it. */
export class Engine implements Work {
  readonly #directory: string;
  readonly #onNews: () => void;
  readonly #reserve: Reserve;
  readonly #log: Log;
  #open: Open | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();
  #endWatch: (() => void) | undefined;
  #seen: unknown;
  #worked = 0;

  /** Opens the store in `directory`, which is made if it is absent, its parents too. */
  static async open(directory: string, onNews: () => void): Promise<Engine> {
    const engine = new Engine(directory, onNews);
    try {
      makeFiles(directory);
      try {
        await retried(() => engine.#connected());
      } catch (cause) {
        if (failure(cause).code !== "quota_exceeded") throw cause;
        // What SQLite needs to open a store on a full disk comes out of the reserve.
        engine.#reserve.release();
        await retried(() => engine.#connected());
      }
      engine.#seen = engine.#version();
      // A store on a full disk opens all the same, for reading and deleting alone.
      attempt(() => engine.#reserve.fill());
      return engine;
    } catch (cause) {
      throw failure(cause);
    }
  }

  private constructor(directory: string, onNews: () => void) {
    this.#directory = directory;
    this.#onNews = onNews;
    this.#reserve = new Reserve(directory);
    this.#log = new Log(directory);
  }

  get(table: Table, keys: string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#run(({ records }) => records.get(table, keys));
  }

  scan(
    table: Table,
    range: KeyRange,
    limit: number,
    order: "ascending" | "descending",
  ): Promise<ScanPage> {
    return this.#run(({ records }) => records.scan(table, range, limit, order));
  }

  commit(batch: Batch, durability: Durability): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#run((open) => this.#commit(open, batch, durability));
      return this.#log.long;
    });
  }

  /** Moves what it can of the log into the database; readers may leave some to the next time. */
  async shorten(): Promise<void> {
    const move = () =>
      this.#run(({ connection }) => connection.exec("PRAGMA wal_checkpoint(PASSIVE)"));
    await this.#inTurn(move).catch(() => undefined);
  }

  /** Writes the database anew without the remains of deleted records and empties the log. */
  scrub(): Promise<Scrubbed> {
    return this.#inTurn(async () => {
      try {
        await this.#run(({ connection }) => {
          // `secure_delete` blanks what a delete frees, but a page keeps copies of cells that moved.
          connection.exec("VACUUM");
        }, SCRUB_WAIT);
        await this.#run(({ connection }) => {
          const { busy } = Object(connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get());
          if (busy !== 0) throw prevented();
        }, SCRUB_WAIT);
      } catch (cause) {
        if (failure(cause).code === "blocked") return "prevented";
        throw cause;
      }
      // No error of the scrub's: the next commit tries again.
      attempt(() => this.#reserve.fill());
      return "physical";
    });
  }

  async watch(): Promise<void> {
    if (this.#endWatch || this.#closed) return;
    let looking = false;
    const look = () => {
      looking = false;
      const version = this.#version();
      if (version === this.#seen) return;
      this.#seen = version;
      this.#onNews();
    };
    // One commit writes the log several times.
    const soon = () => {
      if (!looking) setImmediate(look);
      looking = true;
    };
    const timer = setInterval(look, LOOK_MS).unref();
    const watcher = attempt(() => logWatcher(this.#directory, this.#log.name, soon));
    this.#endWatch = () => {
      clearInterval(timer);
      watcher?.close();
    };
    // What came since the opening is news too.
    look();
  }

  /** Lets running calls end, then closes; the last connection of all moves the log into the database. */
  async close(): Promise<void> {
    this.#endWatch?.();
    await this.#turn.catch(() => undefined);
    this.#closed = true;
    this.#forget();
  }

  #commit(open: Open, batch: Batch, durability: Durability): void {
    open.setStrict(durability === "strict");
    // An append is strict too at times; only its size tells it from a deletion.
    const urgent = durability === "strict" && size(batch) <= RESERVE_BATCH;
    let touched: number;
    try {
      this.#reserve.fill();
      touched = open.records.apply(batch);
    } catch (cause) {
      if (!urgent || failure(cause).code !== "quota_exceeded") throw cause;
      this.#reserve.release();
      // Blanking what is deleted takes as much space again; it is left to the scrub.
      open.connection.exec("PRAGMA secure_delete = OFF");
      try {
        touched = open.records.apply(batch);
      } finally {
        open.connection.exec("PRAGMA secure_delete = ON");
      }
    }
    if (touched === 0 && durability === "strict") this.#log.sync();
  }

  /** The number that SQLite changes with every commit of another connection. */
  #version(): unknown {
    return attempt(() => {
      const { connection } = this.#connected();
      return Object(connection.prepare("PRAGMA data_version").get()).data_version;
    });
  }

  /** Runs one call, again while another process holds a lock. */
  async #run<T>(work: (open: Open) => T, wait = LOCK_WAIT): Promise<T> {
    try {
      return await retried(() => this.#timed(work), wait);
    } catch (cause) {
      throw failure(cause);
    } finally {
      if (this.#worked > SLICE_MS) {
        this.#worked = 0;
        // Promises alone would let nobody in who waits for an event.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #timed<T>(work: (open: Open) => T): T {
    const started = performance.now();
    const open = this.#connected();
    try {
      return work(open);
    } catch (cause) {
      // After some failures of the medium not even a rollback works; a new connection recovers.
      if (open.stuck) this.#forget();
      throw cause;
    } finally {
      this.#worked += performance.now() - started;
    }
  }

  /** Runs what writes after all that came before it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #connected(): Open {
    if (this.#closed) throw closed();
    this.#open ??= new Open(join(this.#directory, FILE_NAME));
    return this.#open;
  }

  #forget(): void {
    const open = this.#open;
    this.#open = undefined;
    attempt(() => open?.connection.close());
  }
}

/** A connection with its prepared statements and what it was set to. */
class Open {
  readonly connection: DatabaseSync;
  readonly records: Records;
  #strict = false;

  constructor(path: string) {
    const { DatabaseSync } = sqlite();
    this.connection = new DatabaseSync(path);
    try {
      configure(this.connection);
      prepare(this.connection);
    } catch (cause) {
      this.connection.close();
      throw cause;
    }
    this.records = new Records(this.connection);
  }

  /** Whether a transaction is left that nothing ends any more. */
  get stuck(): boolean {
    try {
      this.connection.exec("BEGIN; COMMIT");
      return false;
    } catch (cause) {
      return !isBusy(cause);
    }
  }

  setStrict(strict: boolean): void {
    if (this.#strict === strict) return;
    // FULL syncs the log at each commit, earlier ones that are in it included.
    this.connection.exec(`PRAGMA synchronous = ${strict ? "FULL" : "NORMAL"}`);
    this.#strict = strict;
  }
}

/** Returns `node:sqlite`, which no bundler sees and older versions of Node don't have. */
export function sqlite(): typeof import("node:sqlite") {
  const found = process.getBuiltinModule?.("node:sqlite");
  if (found) return found;
  const message = `creel/node needs node:sqlite, which Node has from 22.13 on; this is ${process.version}`;
  throw new CreelError("storage_unavailable", message);
}

/** Tries `work` again, at growing distances, while another process holds a lock. */
async function retried<T>(work: () => T, wait = LOCK_WAIT): Promise<T> {
  const deadline = performance.now() + wait;
  for (let pause = 1; ; pause = Math.min(pause * 2, 25)) {
    try {
      return work();
    } catch (cause) {
      if (!isBusy(cause) || performance.now() > deadline) throw cause;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function makeFiles(directory: string): void {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    mkdirSync(dirname(directory), { recursive: true });
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (cause) {
      // Another process may have been first.
      if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw cause;
    }
  }
  try {
    // SQLite gives its other files the permissions of this one. A file that exists must not be
    // opened here: closing it again would drop the locks of this process's other connections.
    closeSync(openSync(join(directory, FILE_NAME), "wx", 0o600));
  } catch (cause) {
    if ((cause as { code?: string }).code !== "EEXIST") throw cause;
  }
}

/** Calls `onChange` when the log's file was written; timers stand in where the system can't tell. */
function logWatcher(directory: string, name: string, onChange: () => void): FSWatcher {
  const watcher = watch(directory, { persistent: false }, (_, file) => {
    if (file === null || file === name) onChange();
  });
  return watcher.on("error", () => watcher.close());
}

function size({ writes }: Batch): number {
  const sizes = writes.map((write) => {
    if (write.type === "deleteRange") return write.start.length + write.end.length;
    return write.key.length + ("value" in write ? write.value.byteLength : 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

function prevented(): Error {
  return Object.assign(new Error("a reader keeps the log"), { errcode: 5 });
}

/** Does what may fail without harm. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
