// Every key of the page in one table, for the handler and for the help.

import { onCleanup } from "solid-js";
import { goTo, openThread } from "./route.ts";
import type { Demo } from "./store/context.ts";
import { toggleTheme } from "./ui/theme.ts";

interface Shortcut {
  keys: string[];
  says: string;
  /** Left out for keys that the tree itself handles. */
  run?: (demo: Demo, id: string | undefined) => void;
}

const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();

export const SHORTCUTS: Shortcut[] = [
  { keys: ["↑", "↓"], says: "Move through the tree" },
  { keys: ["←", "→"], says: "Fold and unfold, go to the parent" },
  { keys: ["Enter"], says: "Open the thread" },
  { keys: ["g"], says: "Go to the tree", run: () => focus("#tree") },
  { keys: ["c"], says: "Write a message", run: () => focus("#composer") },
  { keys: ["/"], says: "Search", run: () => focus("#search") },
  { keys: ["n"], says: "New thread", run: ({ actions }) => actions.create() },
  { keys: ["s"], says: "Spawn a sub-agent", run: ({ actions }, id) => id && actions.spawn(id) },
  {
    keys: ["a"],
    says: "Run or stop the simulated agent",
    run: ({ actions }, id) => id && actions.toggleAgent(id),
  },
  { keys: ["r", "F2"], says: "Rename", run: ({ actions }, id) => id && actions.setRenaming(id) },
  {
    keys: ["e"],
    says: "Archive, or bring back",
    run: ({ actions, forest }, id) => {
      const thread = id ? forest.threads().get(id) : undefined;
      if (thread) (thread.archivedAt === null ? actions.archive : actions.unarchive)(thread.id);
    },
  },
  {
    keys: ["x"],
    says: "Export the thread with all below it",
    run: ({ actions, forest }, id) => id && actions.save(forest.threads().get(id)),
  },
  {
    keys: ["Delete", "Backspace"],
    says: "Delete, after a preview",
    run: ({ actions }, id) => id && actions.openDialog({ name: "delete", id }),
  },
  {
    keys: ["u"],
    says: "Undo the last deletion",
    run: ({ actions, deletions }) => {
      const newest = deletions.pending()[0];
      if (newest && deletions.left(newest) > 0) actions.undo(newest);
    },
  },
  {
    keys: ["o"],
    says: "Open sessions",
    run: ({ actions }) => actions.openDialog({ name: "import" }),
  },
  {
    keys: ["d"],
    says: "Let the doctor check the store",
    run: ({ actions }) => actions.openDialog({ name: "doctor" }),
  },
  { keys: ["t"], says: "Dark or light", run: toggleTheme },
  { keys: ["Escape"], says: "Close what is open", run: () => goTo(undefined) },
  { keys: ["?"], says: "This help", run: ({ actions }) => actions.openDialog({ name: "help" }) },
];

export function useShortcuts(demo: Demo): void {
  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (demo.actions.dialog()) return;
    const target = event.target;
    if (target instanceof HTMLElement && target.closest("input, textarea, select, dialog")) return;
    const shortcut = SHORTCUTS.find((it) => it.run && it.keys.includes(event.key));
    if (!shortcut?.run) return;
    event.preventDefault();
    const id = openThread();
    shortcut.run(demo, id && demo.forest.threads().has(id) ? id : undefined);
  }
  window.addEventListener("keydown", onKey);
  onCleanup(() => window.removeEventListener("keydown", onKey));
}
