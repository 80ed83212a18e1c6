// The threads of the store as the page shows them: loaded once, then kept current by the store's own change events,
// whichever tab made the change.

import type { ChangeEvent, Creel, Thread } from "creel";
import { createSignal, onCleanup } from "solid-js";

/** More changed threads than this at once are read by listing them all. */
const READ_ONE_BY_ONE = 200;
/** How long a thread counts as being written to. */
const LIVE_MS = 1600;

export interface Forest {
  threads(): ReadonlyMap<string, Thread>;
  loaded(): boolean;
  /** Tells whether something was appended to the thread just now. */
  live(id: string): boolean;
  /** The root of a thread's tree, as far as it is known. */
  rootOf(id: string): string;
}

export function createForest(creel: Creel, onError: (error: unknown) => void): Forest {
  const [threads, setThreads] = createSignal<ReadonlyMap<string, Thread>>(new Map());
  const [loaded, setLoaded] = createSignal(false);
  const [liveIds, setLiveIds] = createSignal<ReadonlySet<string>>(new Set());
  const liveUntil = new Map<string, number>();
  const changed = new Set<string>();
  let busy = false;

  async function loadAll(): Promise<void> {
    const next = new Map<string, Thread>();
    let cursor: string | undefined;
    do {
      const page = await creel.threads.list({
        archived: "all",
        limit: 1000,
        ...(cursor && { cursor }),
      });
      for (const thread of page.data) next.set(thread.id, thread);
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    setThreads(next);
    setLoaded(true);
  }

  async function readChanged(): Promise<void> {
    const ids = [...changed];
    changed.clear();
    if (ids.length > READ_ONE_BY_ONE) return loadAll();
    const read = await Promise.all(ids.map((id) => creel.threads.read(id).catch(() => undefined)));
    setThreads((before) => {
      const next = new Map(before);
      ids.forEach((id, index) => {
        const thread = read[index];
        if (thread) next.set(id, thread);
        else next.delete(id);
      });
      return next;
    });
  }

  function schedule(): void {
    if (busy) return;
    busy = true;
    setTimeout(() => read(readChanged), 30);
  }

  /** One reading at a time: an older answer must not come after a newer one. */
  async function read(some: () => Promise<void>): Promise<void> {
    busy = true;
    try {
      await some();
    } catch (error) {
      onError(error);
    }
    busy = false;
    if (changed.size > 0) schedule();
  }

  function onChange(event: ChangeEvent): void {
    switch (event.type) {
      case "created":
      case "renamed":
      case "truncated":
      case "updated":
        changed.add(event.threadId);
        break;
      case "appended":
        changed.add(event.threadId);
        markLive(event.threadId);
        break;
      case "archived":
      case "unarchived":
      case "undeleted":
        for (const id of event.threadIds) changed.add(id);
        break;
      case "deleted":
        setThreads((before) => {
          const next = new Map(before);
          for (const id of event.threadIds) next.delete(id);
          return next;
        });
        // What is being read just now may still have them.
        if (busy) for (const id of event.threadIds) changed.add(id);
        return;
      default:
        return;
    }
    schedule();
  }

  function markLive(id: string): void {
    liveUntil.set(id, Date.now() + LIVE_MS);
    if (!liveIds().has(id)) setLiveIds(new Set(liveUntil.keys()));
  }

  const sweep = setInterval(() => {
    const now = Date.now();
    const over = [...liveUntil].filter(([, until]) => until < now);
    for (const [id] of over) liveUntil.delete(id);
    if (over.length > 0) setLiveIds(new Set(liveUntil.keys()));
  }, 400);

  const stop = creel.on("change", onChange);
  onCleanup(() => {
    stop();
    clearInterval(sweep);
  });
  read(loadAll);

  function rootOf(id: string): string {
    const all = threads();
    let root = id;
    for (let steps = 0; steps < all.size; steps += 1) {
      const parent = all.get(root)?.parentThreadId;
      if (!parent || !all.has(parent)) break;
      root = parent;
    }
    return root;
  }

  return { threads, loaded, live: (id) => liveIds().has(id), rootOf };
}
