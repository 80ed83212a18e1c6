// The deletions that are not finished, whichever tab decided them: the store itself lists them, so a reload finds
// them again. One that can still be undone counts down; the others show how far their erasing is.

import type { Creel, PendingDeletion } from "creel";
import { createSignal, onCleanup } from "solid-js";
import { createStore, reconcile } from "solid-js/store";

/** How long a deletion can be undone. */
export const GRACE_MS = 10_000;
/** Failures and the next attempt have no event, so what is pending is read again this often. */
const READ_MS = 1000;
const TICK_MS = 200;

export interface Deletions {
  /** What is pending, the newest first. */
  pending(): readonly PendingDeletion[];
  /** How many milliseconds are left to undo it; 0 when that is over. */
  left(deletion: PendingDeletion): number;
  /** Calls `listener` when nothing of a deletion's threads is left. */
  onErased(listener: (root: string) => void): void;
}

export function createDeletions(creel: Creel, onError: (error: unknown) => void): Deletions {
  const [pending, setPending] = createStore<PendingDeletion[]>([]);
  const [now, setNow] = createSignal(Date.now());
  const listeners = new Set<(root: string) => void>();
  let reading = false;
  let again = false;
  let failed = false;

  async function read(): Promise<void> {
    again = true;
    if (reading) return;
    reading = true;
    try {
      while (again) {
        again = false;
        const list = await creel.pendingDeletions();
        setNow(Date.now());
        setPending(reconcile(list.reverse(), { key: "deletion" }));
        failed = false;
      }
    } catch (error) {
      // Said once, however often it is tried again.
      if (!failed) onError(error);
      failed = true;
    } finally {
      reading = false;
    }
  }

  const stop = creel.on("change", (event) => {
    if (event.type === "erasing") {
      setPending((it) => it.deletion === event.deletion, "erased", event.erased);
    } else if (event.type === "deleted" || event.type === "undeleted") {
      read();
    } else if (event.type === "erased") {
      const seen = pending.some((it) => it.deletion === event.deletion);
      read();
      if (seen) for (const listener of listeners) listener(event.root);
    }
  });
  const reader = setInterval(() => pending.length > 0 && read(), READ_MS);
  const ticker = setInterval(() => pending.length > 0 && setNow(Date.now()), TICK_MS);
  onCleanup(() => {
    stop();
    clearInterval(reader);
    clearInterval(ticker);
  });
  read();

  return {
    pending: () => pending,
    left: ({ undoUntil, erased }) => (erased > 0 ? 0 : Math.max(0, (undoUntil ?? 0) - now())),
    onErased: (listener) => void listeners.add(listener),
  };
}
