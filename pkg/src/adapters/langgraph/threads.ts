/** The threads that namespaces of a graph are kept in: a root for the graph, a child a subgraph. */

import type { Thread } from "../../../wasm/creel.js";
import type { Threads } from "../../threads.js";
import { derivedId, isCode, isGone, threadId } from "../ids.js";
import { everyThread, markOf } from "../listing.js";

/** The field of a thread's metadata that says which namespace it keeps. */
const FIELD = "langgraph";
/** Stands between the names of a namespace, the outermost first. */
const BELOW = "|";
/** Stands between a node's name and the id of the task that ran it. */
const TASK = ":";

/** Names a namespace of a graph's thread; the graph's own is the empty one. */
export interface Address {
  thread_id: string;
  checkpoint_ns: string;
}

/** Returns the id of the thread that keeps a namespace. */
export function threadOf({ thread_id, checkpoint_ns }: Address): Promise<string> {
  return checkpoint_ns === ""
    ? threadId("thread_id", FIELD, thread_id)
    : derivedId("thread_id", FIELD, thread_id, checkpoint_ns);
}

/** Creates the thread of a namespace, and those above it that are not there. */
export async function createThread(threads: Threads, address: Address): Promise<void> {
  const { checkpoint_ns } = address;
  const thread = { id: await threadOf(address), originator: FIELD, metadata: { [FIELD]: address } };
  if (checkpoint_ns === "") return once(() => threads.create(thread));

  const names = checkpoint_ns.split(BELOW);
  const [agentRole] = names.slice(-1).flatMap((name) => name.split(TASK));
  const above = { ...address, checkpoint_ns: names.slice(0, -1).join(BELOW) };
  const parentThreadId = await threadOf(above);
  const child = {
    ...thread,
    parentThreadId,
    agentPath: checkpoint_ns,
    ...(agentRole && { agentRole }),
  };
  try {
    await once(() => threads.create(child));
  } catch (error) {
    if (!isCode(error, "parent_not_found")) throw error;
    await createThread(threads, above);
    await once(() => threads.create(child));
  }
}

/** Yields the namespaces of a graph's thread, or those of every thread there is. */
export async function* namespacesOf(
  threads: Threads,
  id: string | undefined,
): AsyncGenerator<Address, void, undefined> {
  if (id === undefined) {
    for await (const thread of everyThread(threads, { archived: "all" })) {
      const address = await addressOf(thread);
      if (address) yield address;
    }
    return;
  }
  const root = { thread_id: id, checkpoint_ns: "" };
  yield root;
  try {
    for (const thread of await threads.descendants(await threadOf(root))) {
      const address = await addressOf(thread);
      if (address?.thread_id === id) yield address;
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Returns the metadata that tells which namespace a thread keeps; `undefined` if it tells already. */
export function marked(thread: Thread, address: Address): Record<string, unknown> | undefined {
  const mark = markOf<Address>(thread, FIELD);
  const { thread_id, checkpoint_ns } = address;
  if (mark?.thread_id === thread_id && mark.checkpoint_ns === checkpoint_ns) return undefined;
  return { ...thread.metadata, [FIELD]: address };
}

/** A fork has the mark of its source: it is a graph's thread too, by its own id. */
async function addressOf(thread: Thread): Promise<Address | undefined> {
  const address = markOf<Address>(thread, FIELD);
  if (!address || (await threadOf(address)) === thread.id) return address;
  return address.checkpoint_ns === "" ? { thread_id: thread.id, checkpoint_ns: "" } : undefined;
}

async function once(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!isCode(error, "thread_exists")) throw error;
  }
}
