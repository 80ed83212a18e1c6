// The items of the open thread, by page and on demand: only what is near the visible part is held in memory,
// however long the history is. Appends of any tab lengthen it as they are announced.

import type { Creel, StoredItem } from "creel";
import { createSignal, onCleanup } from "solid-js";

const PAGE = 100;
/** Pages kept in memory; the ones farthest from the visible part go first. */
const KEPT_PAGES = 16;
const IN_FLIGHT = 3;

export type HistoryState =
  | { is: "loading" }
  | { is: "open" }
  | { is: "deleted" }
  | { is: "failed"; error: unknown };

export interface History {
  state(): HistoryState;
  /** How many items there are, loaded or not. */
  length(): number;
  /** The item at a place, if its page is loaded. */
  item(seq: number): StoredItem | undefined;
  /** Says which part is visible, so that its pages are loaded. */
  show(first: number, last: number): void;
  /** How many items are held in memory. */
  held(): number;
}

export function createHistory(creel: Creel, id: string): History {
  const [state, setState] = createSignal<HistoryState>({ is: "loading" });
  const [length, setLength] = createSignal(0);
  const [version, setVersion] = createSignal(0);
  const pages = new Map<number, StoredItem[]>();
  const loading = new Set<number>();
  let visible: [first: number, last: number] = [0, 0];
  let alive = true;
  let cuts = 0;

  function wanted(): number[] {
    const first = Math.max(0, Math.floor((visible[0] - PAGE / 4) / PAGE));
    const last = Math.floor(Math.min(visible[1] + PAGE / 4, length() - 1) / PAGE);
    const list: number[] = [];
    for (let page = first; page <= last; page += 1) {
      const full = Math.min(PAGE, length() - page * PAGE);
      if (!loading.has(page) && (pages.get(page)?.length ?? 0) < full) list.push(page);
    }
    return list;
  }

  function pump(): void {
    for (const page of wanted()) {
      if (loading.size >= IN_FLIGHT) return;
      loading.add(page);
      load(page)
        .catch((error) => fail(error))
        .finally(() => {
          loading.delete(page);
          if (alive && state().is === "open") pump();
        });
    }
  }

  /** A page may come in several answers (they are bounded in bytes), and the newest one grows. */
  async function load(page: number): Promise<void> {
    const have = pages.get(page) ?? [];
    const from = page * PAGE + have.length;
    const asked = cuts;
    const answer = await creel.threads.items(id, {
      from,
      limit: PAGE - have.length,
      sortDirection: "asc",
    });
    // What was asked for before a cut may be gone since.
    if (!alive || answer.data.length === 0 || asked !== cuts) return;
    pages.set(page, [...have, ...answer.data]);
    const middle = (visible[0] + visible[1]) / 2 / PAGE;
    const far = [...pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const key of far.slice(0, Math.max(0, pages.size - KEPT_PAGES))) pages.delete(key);
    setVersion((value) => value + 1);
  }

  function cut(left: number): void {
    cuts += 1;
    for (const [page, items] of pages) {
      const kept = items.filter(({ seq }) => seq < left);
      if (kept.length > 0) pages.set(page, kept);
      else pages.delete(page);
    }
    setLength(left);
    setVersion((value) => value + 1);
  }

  function fail(error: unknown): void {
    if (!alive || state().is === "deleted") return;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    setState(code === "thread_deleted" ? { is: "deleted" } : { is: "failed", error });
  }

  const stop = creel.on("change", (event) => {
    if (event.type === "appended" && event.threadId === id) {
      setLength((before) => Math.max(before, event.first + event.count));
      pump();
    } else if (event.type === "truncated" && event.threadId === id) {
      cut(event.length);
    } else if (event.type === "deleted" && event.threadIds.includes(id)) {
      pages.clear();
      setState({ is: "deleted" });
    } else if (event.type === "undeleted" && event.threadIds.includes(id)) {
      start();
    }
  });
  onCleanup(() => {
    alive = false;
    stop();
  });

  function start(): void {
    creel.threads.read(id).then((thread) => {
      if (!alive) return;
      setLength((before) => Math.max(before, thread.items));
      setState({ is: "open" });
      pump();
    }, fail);
  }
  start();

  return {
    state,
    length,
    item(seq) {
      version();
      return pages.get(Math.floor(seq / PAGE))?.[seq % PAGE];
    },
    show(first, last) {
      visible = [first, last];
      pump();
    },
    held() {
      version();
      return [...pages.values()].reduce((sum, page) => sum + page.length, 0);
    },
  };
}
