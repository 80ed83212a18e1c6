"use client";
/** The threads of a store as the list of threads of assistant-ui's remote thread list runtime. */

import {
  type RemoteThreadListAdapter,
  RuntimeAdapterProvider,
  type ThreadMessage,
  useAui,
} from "@assistant-ui/react";
import { createElement, type ReactNode, useEffect, useMemo, useRef } from "react";
import type { CreateThread, Thread } from "../../wasm/creel.js";
import type { Creel } from "../creel.js";
import { creelHistory } from "./history.js";

/** Says which threads are listed, and how they are made and named. */
export interface CreelThreadListOptions {
  /** How many threads a page of the list has; 50 unless given. */
  limit?: number;
  /** What new threads start with. */
  create?: Omit<CreateThread, "id" | "parentThreadId">;
  /**
   * Makes a title of the first messages, which becomes the thread's name. Without it a thread without
   * a name shows its title, or the first line of what was asked.
   */
  title?: (messages: readonly ThreadMessage[]) => Promise<string>;
}

/**
 * Makes the adapter for `useRemoteThreadListRuntime`: roots, newest activity first, archived ones in
 * their own list; deleting a thread takes everything under it.
 *
 * Make it once, not at every render.
 *
 * ```jsx
 * const adapter = creelThreadList(creel);
 *
 * function App() {
 *   const runtime = useRemoteThreadListRuntime({ adapter, runtimeHook: () => useLocalRuntime(model) });
 *   return <AssistantRuntimeProvider runtime={runtime}>…</AssistantRuntimeProvider>;
 * }
 * ```
 */
export function creelThreadList(
  creel: Creel,
  options: CreelThreadListOptions = {},
): RemoteThreadListAdapter {
  const { limit = 50, create = {}, title } = options;
  const { threads } = creel;
  /** What assistant-ui calls a thread before it has an id; asked twice, it is made once. */
  const made = new Map<string, Promise<string>>();

  const initialize = async (localId: string) => {
    const making = made.get(localId) ?? threads.create(create).then(({ id }) => id);
    made.set(localId, making);
    making.catch(() => made.delete(localId));
    return { remoteId: await making, externalId: undefined };
  };

  function useAdapters() {
    const aui = useAui();
    const current = useRef(aui);
    useEffect(() => {
      current.current = aui;
    });
    return useMemo(() => {
      const item = () => current.current.threadListItem;
      const history = creelHistory(creel, {
        known: () => item().getState().remoteId,
        initialize: async () => (await item().initialize()).remoteId,
      });
      return { history };
    }, []);
  }

  function Provider({ children }: { children?: ReactNode }) {
    return createElement(RuntimeAdapterProvider, { adapters: useAdapters(), children });
  }

  return {
    async list({ after } = {}) {
      const page = await threads.list({
        rootsOnly: true,
        archived: "all",
        sortKey: "updatedAt",
        limit,
        ...(after !== undefined && { cursor: after }),
      });
      return { threads: page.data.map(described), nextCursor: page.nextCursor ?? undefined };
    },
    initialize,
    fetch: async (id) => described(await threads.read(id)),
    rename: async (id, name) => void (await threads.rename(id, name)),
    updateCustom: async (id, custom) => {
      await threads.update(id, { metadata: custom ?? null });
    },
    archive: async (id) => void (await threads.archive(id)),
    unarchive: async (id) => void (await threads.unarchive(id)),
    delete: async (id) => void (await threads.delete(id, { wait: "committed" })),
    async generateTitle(id, messages) {
      if (!title) return streamed(named(await threads.read(id)) ?? "");
      const name = await title(messages);
      // Stored before the stream ends: a later title must not be overwritten by this one.
      if (name !== "") await threads.rename(id, name);
      return streamed(name);
    },
    unstable_useAdapters: useAdapters,
    unstable_Provider: Provider,
  };
}

function described(thread: Thread) {
  const { id, archivedAt, updatedAt, metadata } = thread;
  return {
    remoteId: id,
    status: archivedAt === null ? ("regular" as const) : ("archived" as const),
    title: named(thread),
    lastMessageAt: new Date(updatedAt),
    custom: metadata ?? undefined,
  };
}

function named({ name, title, preview }: Thread): string | undefined {
  return name || title || preview.split("\n", 1)[0] || undefined;
}

type TitleStream = Awaited<ReturnType<RemoteThreadListAdapter["generateTitle"]>>;

/** A text as assistant-ui streams it. */
function streamed(text: string): TitleStream {
  return new ReadableStream({
    start(controller) {
      if (text !== "") {
        controller.enqueue({ type: "part-start", path: [], part: { type: "text" } });
        controller.enqueue({ type: "text-delta", path: [0], textDelta: text });
        controller.enqueue({ type: "part-finish", path: [0] });
      }
      controller.close();
    },
  }) as TitleStream;
}
