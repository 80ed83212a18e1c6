/**
 * What all live objects share: listeners, one snapshot, reading again after changes, letting go.
 *
 * Reads of one object follow each other, so that no older answer comes after a newer one.
 */

import type { ChangeEvent } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";

/** How long an object that nobody listens to keeps what it has, in milliseconds. */
const LINGER_MS = 5_000;
/** The least time between two reads, and between two notifications, in milliseconds. */
export const FRAME_MS = 16;
/** The longest wait before a failed read is tried again, in milliseconds. */
const MAX_RETRY_MS = 30_000;

/** What every snapshot tells; a snapshot never changes, a change makes another one. */
export interface LiveState {
  /**
   * `"loading"` until the first read is done; `"ready"`; `"error"` with `error`; `"deleted"` when
   * the thread that it is about is deleted, which an undo ends.
   */
  readonly status: "loading" | "ready" | "error" | "deleted";
  /** Why the last read failed; what was read before stays in the snapshot. */
  readonly error: CreelError | undefined;
  /** Whether `refresh` was called and is not done. */
  readonly refreshing: boolean;
}

/** What a live object needs of the one who hands it out. */
export interface Hub {
  /** Why nothing can be read any more. */
  readonly ended: CreelError | undefined;
  /** Lets the object hear of changes. */
  attach(object: LiveObject): void;
  /** Lets it hear of nothing. */
  detach(object: LiveObject): void;
  /** Reads what other instances have committed. */
  pull(): Promise<void>;
}

/** A part of the store that follows its changes; `Creel.live` hands them out. */
export abstract class LiveObject<Snapshot extends LiveState = LiveState> {
  /** @internal */
  readonly key: string;
  protected readonly hub: Hub;
  readonly #first: Snapshot;
  #snapshot: Snapshot;
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  #active = false;
  #reading = false;
  #stale = false;
  #pull = false;
  #due = 0;
  #failures = 0;
  #told = 0;
  #read: ReturnType<typeof setTimeout> | undefined;
  #tell: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** @internal */
  constructor(hub: Hub, key: string, first: Snapshot) {
    this.hub = hub;
    this.key = key;
    this.#first = first;
    this.#snapshot = first;
  }

  /**
   * Calls `listener` after every change of the snapshot, at most once in 16 ms; bursts are one call.
   *
   * The first listener starts the reading. Some seconds after the last one has gone everything is
   * let go; another one starts again.
   *
   * @returns a function that removes the listener.
   */
  readonly subscribe = (listener: () => void): (() => void) => {
    // Wrapped, so that one function may be added twice and be removed once.
    const own = () => listener();
    this.#listeners.add(own);
    clearTimeout(this.#rest);
    this.#start();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#linger();
    };
  };

  /** Returns the present snapshot: the same object until something in it changes. */
  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** Resolves once the first read is done or has failed; it never rejects, and starts the reading. */
  ready(): Promise<void> {
    this.#start();
    if (this.#snapshot.status !== "loading") return Promise.resolve();
    return this.settled();
  }

  /** Reads what other instances have committed, and after a failure everything again. */
  async refresh(): Promise<void> {
    this.#start();
    if (!this.#active) return;
    this.#failures = 0;
    this.#pull = true;
    this.set({ refreshing: true } as Partial<Snapshot>);
    this.invalidate();
    await this.settled();
  }

  /** @internal Takes a change of the store. */
  abstract hear(event: ChangeEvent): void;

  /** @internal Reads everything again; what is there stays until then. */
  renew(): void {
    this.forget();
    this.invalidate();
  }

  /** @internal The store is closed: what was read stays. */
  end(reason: CreelError): void {
    clearTimeout(this.#read);
    this.#active = false;
    this.set({ status: "error", error: reason, refreshing: false } as Partial<Snapshot>);
    this.#settle();
  }

  /** @internal Begins the time after which an object that nobody has asked of is let go. */
  rest(): void {
    if (!this.#active) this.#linger();
  }

  /** Reads what is missing; resolves with the snapshot set. */
  protected abstract load(): Promise<void>;

  /** Makes the next `load` read everything; what nobody follows any more is let go. */
  protected abstract forget(): void;

  /** Whether anybody follows the object. */
  protected get active(): boolean {
    return this.#active;
  }

  /** Lets `load` run soon. */
  protected invalidate(delay = 0): void {
    this.#stale = true;
    const due = Date.now() + delay;
    if (!this.#active || this.#reading || (this.#read && this.#due <= due)) return;
    clearTimeout(this.#read);
    this.#due = due;
    this.#read = later(() => this.#run(), delay);
  }

  /** Resolves when nothing is left to read. */
  protected settled(): Promise<void> {
    if (!this.#active || !(this.#stale || this.#reading)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Changes the snapshot; the same values are no change. */
  protected set(change: Partial<Snapshot>): void {
    const before = this.#snapshot;
    const names = Object.keys(change) as (keyof Snapshot)[];
    if (names.every((name) => before[name] === change[name])) return;
    this.#snapshot = { ...before, ...change };
    if (this.#listeners.size === 0 || this.#tell) return;
    this.#tell = later(() => this.#notify(), this.#told + FRAME_MS - Date.now());
  }

  #notify(): void {
    this.#tell = undefined;
    this.#told = Date.now();
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        queueMicrotask(() => Promise.reject(error));
      }
    }
  }

  #start(): void {
    if (this.#active) return;
    if (this.hub.ended) {
      this.end(this.hub.ended);
      return;
    }
    this.#active = true;
    this.hub.attach(this);
    this.invalidate();
    if (this.#listeners.size === 0) this.#linger();
  }

  #linger(): void {
    clearTimeout(this.#rest);
    this.#rest = later(() => {
      if (this.#reading) return this.#linger();
      clearTimeout(this.#read);
      this.#read = undefined;
      this.#active = false;
      this.#failures = 0;
      this.hub.detach(this);
      this.forget();
      this.#snapshot = this.#first;
      this.#settle();
    }, LINGER_MS);
    // Letting go is no reason to keep a program running.
    (this.#rest as { unref?(): void }).unref?.();
  }

  async #run(): Promise<void> {
    this.#read = undefined;
    this.#reading = true;
    this.#stale = false;
    let retry: number | undefined;
    const begun = Date.now();
    try {
      if (this.#pull) await this.hub.pull();
      this.#pull = false;
      await this.load();
      this.#failures = 0;
    } catch (thrown) {
      retry = this.#fail(thrown);
    }
    this.#reading = false;
    if (!this.#active) return;
    if (retry !== undefined) this.invalidate(retry);
    // Half of the time at most is spent on reading, however much changes.
    else if (this.#stale) this.invalidate(Math.max(FRAME_MS, Date.now() - begun));
    if (!this.#stale || retry !== undefined) this.#settle();
  }

  /** Shows the failure; returns after how many milliseconds to try again, if that may help. */
  #fail(thrown: unknown): number | undefined {
    if (!this.#active) return undefined;
    const error = asCreelError(thrown);
    this.forget();
    this.set({ status: "error", error, refreshing: false } as Partial<Snapshot>);
    if (!error.retryable) return undefined;
    this.#failures += 1;
    return Math.min(500 * 2 ** this.#failures, MAX_RETRY_MS);
  }

  #settle(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Wraps what is no `CreelError`, so that snapshots hold nothing else. */
export function asCreelError(thrown: unknown): CreelError {
  if (thrown instanceof Error && thrown.name === "CreelError") return thrown as CreelError;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new CreelError("storage_unavailable", reason, { cause: thrown });
}

/** Resolves to nothing when the thread is deleted: what is deleted is no failure. */
export function unlessDeleted<T>(read: Promise<T>): Promise<T | undefined> {
  return read.catch((thrown) => {
    if (asCreelError(thrown).code === "thread_deleted") return undefined;
    throw thrown;
  });
}

/** Runs something after a time in milliseconds; one that is over is none. */
export function later(run: () => void, delay: number): ReturnType<typeof setTimeout> {
  return setTimeout(run, Math.max(0, delay));
}
