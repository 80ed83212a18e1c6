/** The threads that an adapter has marked as its own, in the field of their metadata that it owns. */

import type { Thread, ThreadQuery } from "../../wasm/creel.js";
import type { Threads } from "../threads.js";

/** The most threads of a page: few round trips. */
const STRIDE = 1_000;

/** Yields every thread of a query, reading pages as it goes. */
export async function* everyThread(
  threads: Threads,
  query: ThreadQuery = {},
): AsyncGenerator<Thread, void, undefined> {
  let cursor: string | null | undefined;
  do {
    const page = await threads.list({ limit: STRIDE, ...query, ...(cursor && { cursor }) });
    yield* page.data;
    cursor = page.nextCursor;
  } while (cursor);
}

/** Returns what an adapter has written into its field of a thread's metadata. */
export function markOf<Mark extends object>(thread: Thread, field: string): Mark | undefined {
  const mark = thread.metadata?.[field];
  return typeof mark === "object" && mark !== null ? (mark as Mark) : undefined;
}
