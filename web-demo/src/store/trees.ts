// Turns the threads of a store into the rows of a tree: what is nested where, in which order, and what a search leaves.

import type { Thread } from "creel";

export type Shelf = "active" | "archived";
export type SortBy = "recencyAt" | "updatedAt" | "createdAt";

export interface Row {
  thread: Thread;
  /** The root of the tree that is shown, which gives the colour. */
  root: string;
  depth: number;
  /** For each level above: whether its strand goes on below this row. */
  strands: boolean[];
  /** Place among its siblings, from 1, and how many they are. */
  place: number;
  siblings: number;
  /** The threads below, shown or not. */
  descendants: number;
  expanded: boolean;
  /** Shown only because something below matches the search. */
  faint: boolean;
}

export interface View {
  shelf: Shelf;
  sortBy: SortBy;
  search: string;
  collapsed: ReadonlySet<string>;
}

/** What a person would call the thread. */
export function threadName(thread: Thread): string {
  return (
    thread.name ||
    thread.agentNickname ||
    thread.title ||
    thread.preview.split("\n")[0] ||
    "Untitled thread"
  );
}

export function treeRows(threads: ReadonlyMap<string, Thread>, view: View): Row[] {
  const shown = (thread: Thread) => (thread.archivedAt !== null) === (view.shelf === "archived");
  const children = new Map<string | undefined, Thread[]>();
  for (const thread of threads.values()) {
    if (!shown(thread)) continue;
    const parent = thread.parentThreadId ? threads.get(thread.parentThreadId) : undefined;
    const key = parent && shown(parent) ? parent.id : undefined;
    const list = children.get(key);
    if (list) list.push(thread);
    else children.set(key, [thread]);
  }

  const term = view.search.trim().toLowerCase();
  const facts = new Map<
    string,
    { newest: number; below: number; hit: boolean; hitBelow: boolean }
  >();
  const measure = (thread: Thread) => {
    const fact = {
      newest: thread[view.sortBy],
      below: 0,
      hit: term === "" || matches(thread, term),
      hitBelow: false,
    };
    for (const child of children.get(thread.id) ?? []) {
      const inner = measure(child);
      // A tree is as recent as the newest thing in it, but as old as its root.
      if (view.sortBy !== "createdAt") fact.newest = Math.max(fact.newest, inner.newest);
      fact.below += 1 + inner.below;
      fact.hitBelow ||= inner.hit || inner.hitBelow;
    }
    facts.set(thread.id, fact);
    return fact;
  };
  const roots = children.get(undefined) ?? [];
  for (const root of roots) measure(root);

  const rows: Row[] = [];
  const fact = (thread: Thread) => facts.get(thread.id);
  const visible = (thread: Thread) => fact(thread)?.hit || fact(thread)?.hitBelow;
  const emit = (list: Thread[], depth: number, strands: boolean[], root: string | undefined) => {
    const siblings = list.filter(visible);
    siblings.forEach((thread, index) => {
      const { below = 0, hit = true } = fact(thread) ?? {};
      const expanded = below > 0 && (term !== "" || !view.collapsed.has(thread.id));
      const last = index === siblings.length - 1;
      rows.push({
        thread,
        root: root ?? thread.id,
        depth,
        strands: [...strands, !last],
        place: index + 1,
        siblings: siblings.length,
        descendants: below,
        expanded,
        faint: !hit,
      });
      if (expanded) {
        const inner = [...(children.get(thread.id) ?? [])].sort(
          (a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
        );
        emit(inner, depth + 1, [...strands, !last], root ?? thread.id);
      }
    });
  };
  emit(
    [...roots].sort(
      (a, b) => (fact(b)?.newest ?? 0) - (fact(a)?.newest ?? 0) || (a.id < b.id ? 1 : -1),
    ),
    0,
    [],
    undefined,
  );
  return rows;
}

function matches(thread: Thread, term: string): boolean {
  return [thread.name, thread.title, thread.preview, thread.agentNickname].some((text) =>
    text?.toLowerCase().includes(term),
  );
}
