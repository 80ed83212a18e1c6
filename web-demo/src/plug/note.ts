// What the page notes before it deletes, so that the page after the crash can tell what happened. A lock tells a page
// that died from one that is still at it in another tab.

import type { Grown } from "./messages.ts";

const KEY = "creel-demo-plug";
const MILL = "creel-demo-mill";
const LOCK = "creel-demo-plug";
/** A page that was reloaded may hold its lock a moment longer. */
const RELEASE_MS = 3000;

export interface Note extends Grown {
  /** How many erased threads the page had heard of. */
  erased: number;
  /** When the worker was terminated; missing if the page died before. */
  pulledAt?: number;
}

/** @throws when the page may keep nothing in local storage. */
export function writeNote(note: Note): void {
  localStorage.setItem(KEY, JSON.stringify(note));
}

export function readNote(): Note | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function dropNote(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Then there was none.
  }
}

/** The thread that the trees hang under, from one time to the next. */
export function knownMill(): string | undefined {
  try {
    return localStorage.getItem(MILL) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepMill(id: string): void {
  localStorage.setItem(MILL, id);
}

/** Holds the lock until the page is gone or the function returned is called; `undefined` if another page holds it. */
export function holdLock(): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    if (!navigator.locks) return resolve(() => undefined);
    navigator.locks
      .request(LOCK, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(undefined);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/** Tells whether the page that wrote the note is gone. */
export async function writerIsGone(): Promise<boolean> {
  if (!navigator.locks) return true;
  try {
    await navigator.locks.request(
      LOCK,
      { signal: AbortSignal.timeout(RELEASE_MS) },
      () => undefined,
    );
    return true;
  } catch {
    return false;
  }
}
