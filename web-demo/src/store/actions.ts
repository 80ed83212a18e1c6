// What a person can do with threads. Each action says what came of it; a failure shows the store's code.

import type { Creel, PendingDeletion, Thread } from "creel";
import { createSignal } from "solid-js";
import { counted } from "../format.ts";
import type { Crash } from "../plug/crash.ts";
import { goTo, openThread } from "../route.ts";
import { tell, tellError } from "../ui/toasts.tsx";
import { simulateAgent } from "./agent.ts";
import { threadName } from "./trees.ts";

export type Actions = ReturnType<typeof createActions>;

export type OpenDialog =
  | { name: "delete"; id: string }
  | { name: "import"; files?: File[] }
  | { name: "doctor" }
  | { name: "bench" }
  | { name: "plug" }
  | { name: "recovery"; crash: Crash }
  | { name: "help" };

export function createActions(creel: Creel) {
  const [dialog, setDialog] = createSignal<OpenDialog>();
  const [renaming, setRenaming] = createSignal<string>();
  const [running, setRunning] = createSignal<ReadonlyMap<string, AbortController>>(new Map());

  async function tried<T>(title: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      tellError(title, error);
      return undefined;
    }
  }

  async function create(): Promise<void> {
    const thread = await tried("No thread was made", () =>
      creel.threads.create({ originator: "creel demo" }),
    );
    if (!thread) return;
    goTo(thread.id);
    setRenaming(thread.id);
  }

  async function spawn(parent: string): Promise<void> {
    const child = await tried("No sub-agent was spawned", () =>
      creel.threads.open(parent).spawn({ originator: "creel demo" }),
    );
    if (!child) return;
    goTo(child.id);
    setRenaming(child.id);
  }

  async function rename(id: string, name: string): Promise<void> {
    setRenaming(undefined);
    await tried("The thread keeps its name", () => creel.threads.rename(id, name));
  }

  async function archive(id: string): Promise<void> {
    const ids = await tried("Nothing was archived", () => creel.threads.archive(id));
    if (ids)
      tell(`Archived ${counted(ids.length, "thread")}`, "One commit, however large the tree.");
  }

  async function unarchive(id: string): Promise<void> {
    const ids = await tried("Nothing was unarchived", () => creel.threads.unarchive(id));
    if (ids) tell(`Back from the archive: ${counted(ids.length, "thread")}`);
  }

  async function undo({ deletion, root }: PendingDeletion): Promise<void> {
    const ids = await tried("The deletion stands", () => creel.undelete(deletion));
    if (!ids) return;
    if (openThread() === undefined) goTo(root);
    tell(`Back again: ${counted(ids.length, "thread")}`, "Exactly as they were, in every tab.");
  }

  /** Saves a tree, or every one, as a file that can be opened here again. */
  async function save(thread?: Thread): Promise<void> {
    await tried("Nothing was exported", async () => {
      const parts: string[] = [];
      for await (const piece of creel.export(thread?.id)) parts.push(piece);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(parts, { type: "application/jsonl" }));
      link.download = `${thread ? fileName(threadName(thread)) : "creel"}.jsonl`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  async function say(id: string, text: string): Promise<boolean> {
    const item = { type: "userMessage", content: [{ type: "text", text }] };
    return (
      (await tried("The message was not stored", () => creel.threads.append(id, [item]))) !==
      undefined
    );
  }

  async function toggleAgent(id: string): Promise<void> {
    const current = running().get(id);
    if (current) return current.abort();
    const controller = new AbortController();
    setRunning((before) => new Map(before).set(id, controller));
    await tried("The agent stopped", () => simulateAgent(creel, id, controller.signal));
    setRunning((before) => {
      const next = new Map(before);
      next.delete(id);
      return next;
    });
  }

  return {
    create,
    spawn,
    rename,
    archive,
    unarchive,
    undo,
    save,
    say,
    toggleAgent,
    agentRuns: (id: string) => running().has(id),
    dialog,
    openDialog: setDialog,
    closeDialog: () => setDialog(undefined),
    renaming,
    setRenaming,
  };
}

/** What any file system takes. */
const fileName = (name: string): string =>
  name
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60) || "thread";
