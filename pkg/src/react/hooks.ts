"use client";
/** Hooks over `creel.live`: each renders its component when its own part of the store changes. */

import { useMemo, useSyncExternalStore } from "react";
import type { Thread } from "../../wasm/creel.js";
import { CreelError } from "../errors.js";
import type { ItemsSnapshot, LiveItems, LiveItemsOptions } from "../live/items.js";
import type { LiveObject, LiveState } from "../live/observable.js";
import type { ThreadSnapshot } from "../live/thread.js";
import type { LiveThreads, LiveThreadsQuery, ThreadsSnapshot } from "../live/threads.js";
import type { OpenStore } from "../open-store.js";
import { useOpening } from "./provider.js";

/** A list of threads, and what can be done with it. */
export interface UseThreads extends ThreadsSnapshot {
  /** Loads the next page; resolves when it is there or failed. */
  loadMore(): Promise<void>;
  /** Reads again, news of other tabs too. */
  refresh(): Promise<void>;
}

/** A thread, and what can be done with it. */
export interface UseThread extends ThreadSnapshot {
  /** Reads again, news of other tabs too. */
  refresh(): Promise<void>;
}

/** The items of a thread, and what can be done with them. */
export interface UseItems<Item> extends ItemsSnapshot<Item> {
  /** Loads the page before the oldest item; resolves when it is there or failed. */
  loadOlder(): Promise<void>;
  /** Reads again, news of other tabs too. */
  refresh(): Promise<void>;
}

const STATE = { status: "loading", error: undefined, refreshing: false } as const;
const THREADS: ThreadsSnapshot = { ...STATE, threads: [], hasMore: false, loadingMore: false };
const THREAD: ThreadSnapshot = { ...STATE, thread: undefined };
const ITEMS: ItemsSnapshot<never> = { ...STATE, items: [], hasOlder: false, loadingOlder: false };

/**
 * Follows a list of threads; the query may be another object with the same fields at each render.
 *
 * On the server, and before the store is open, it tells `"loading"`.
 */
export function useThreads(query?: LiveThreadsQuery): UseThreads {
  return useLoadMore(useLive((creel) => creel.live.threads(query), THREADS));
}

/** Follows the metadata of a thread; without an id it tells `"loading"` and reads nothing. */
export function useThread(id: string | undefined): UseThread {
  const { live, snapshot } = useLive((creel) => at(id, () => creel.live.thread(id ?? "")), THREAD);
  return useMemo(() => ({ ...snapshot, refresh: refresher(live) }), [live, snapshot]);
}

/** Follows the items of a thread; without an id it tells `"loading"` and reads nothing. */
export function useItems<Item = Record<string, unknown>>(
  id: string | undefined,
  options?: LiveItemsOptions,
): UseItems<Item> {
  return useLoadOlder(
    useLive(
      (creel) => at(id, () => creel.live.items<Item>(id ?? "", options)),
      ITEMS as ItemsSnapshot<Item>,
    ),
  );
}

/**
 * Follows a list of threads as `useThreads` does, and suspends until it is read.
 *
 * A failure before anything was read is thrown to the error boundary; a later one is in `error`. On
 * the server it throws, so that React sends the fallback and goes on in the browser.
 */
export function useSuspenseThreads(query?: LiveThreadsQuery): UseThreads {
  const followed = useLive((creel) => creel.live.threads(query), THREADS);
  useSuspense(followed, followed.snapshot.threads.length === 0);
  return useLoadMore(followed);
}

/** Follows a thread as `useThread` does, and suspends; `undefined` for one that is deleted. */
export function useSuspenseThread(id: string): Thread | undefined {
  const followed = useLive((creel) => creel.live.thread(id), THREAD);
  useSuspense(followed, !followed.snapshot.thread);
  return followed.snapshot.thread;
}

/** Follows items as `useItems` does, and suspends as `useSuspenseThreads` does. */
export function useSuspenseItems<Item = Record<string, unknown>>(
  id: string,
  options?: LiveItemsOptions,
): UseItems<Item> {
  const followed = useLive(
    (creel) => creel.live.items<Item>(id, options),
    ITEMS as ItemsSnapshot<Item>,
  );
  useSuspense(followed, followed.snapshot.items.length === 0);
  return useLoadOlder(followed);
}

interface Followed<Live, Snapshot> {
  live: Live | undefined;
  snapshot: Snapshot;
}

function useLive<Snapshot extends LiveState, Live extends LiveObject<Snapshot>>(
  find: (creel: OpenStore) => Live | undefined,
  loading: Snapshot,
): Followed<Live, Snapshot> {
  const opening = useOpening();
  const live = opening.creel && find(opening.creel);
  const { error } = opening;
  const failed = useMemo<Snapshot>(
    () => ({ ...loading, status: "error", error }),
    [loading, error],
  );
  const still = error ? failed : loading;
  const snapshot = useSyncExternalStore<Snapshot>(
    live?.subscribe ?? nothing,
    live?.getSnapshot ?? (() => still),
    () => loading,
  );
  return { live, snapshot };
}

/** Throws what React waits for or shows instead, unless there is something to show. */
function useSuspense(
  { live, snapshot }: Followed<{ ready(): Promise<void> }, LiveState>,
  empty: boolean,
): void {
  const { opened } = useOpening();
  const { status, error } = snapshot;
  if (typeof document === "undefined") {
    throw new CreelError(
      "storage_unavailable",
      "the store is read in the browser, not on the server",
    );
  }
  if (status === "loading") throw live ? live.ready() : opened;
  if (status === "error" && empty) throw error;
}

function useLoadMore({ live, snapshot }: Followed<LiveThreads, ThreadsSnapshot>): UseThreads {
  return useMemo(() => {
    return { ...snapshot, loadMore: async () => live?.loadMore(), refresh: refresher(live) };
  }, [live, snapshot]);
}

function useLoadOlder<Item>({
  live,
  snapshot,
}: Followed<LiveItems<Item>, ItemsSnapshot<Item>>): UseItems<Item> {
  return useMemo(() => {
    const loadOlder = async () => live?.loadOlder();
    return { ...snapshot, loadOlder, refresh: refresher(live) };
  }, [live, snapshot]);
}

function refresher(live: { refresh(): Promise<void> } | undefined): () => Promise<void> {
  return async () => live?.refresh();
}

function at<Live>(id: string | undefined, find: () => Live): Live | undefined {
  return id === undefined ? undefined : find();
}

/** Where there is no store yet, nothing changes: the provider renders again when there is one. */
function nothing(): () => void {
  return () => undefined;
}
