"use client";
/**
 * Creel for React 18 and 19: a provider and hooks that follow threads and their items.
 *
 * ```jsx
 * <CreelProvider open={() => Creel.open({ name: "my-agent" })}><Threads /></CreelProvider>;
 *
 * function Threads() {
 *   const { status, threads, hasMore, loadMore } = useThreads({ rootsOnly: true });
 *   …
 * }
 * ```
 */

export {
  type UseItems,
  type UseThread,
  type UseThreads,
  useItems,
  useSuspenseItems,
  useSuspenseThread,
  useSuspenseThreads,
  useThread,
  useThreads,
} from "./hooks.js";
export { CreelProvider, type CreelProviderProps, useCreel } from "./provider.js";
