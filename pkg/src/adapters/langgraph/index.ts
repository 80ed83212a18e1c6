/**
 * A checkpointer of LangGraph: a thread of the graph is a thread, each of its subgraphs' namespaces
 * a thread below it, a checkpoint an item.
 */

import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  type SerializerProtocol,
  TASKS,
  WRITES_IDX_MAP,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import type { Creel } from "../../creel.js";
import type { Threads } from "../../threads.js";
import { checkedText, isGone } from "../ids.js";
import { Namespace } from "./namespace.js";
import {
  type CheckpointRecord,
  fromValue,
  type Held,
  toValue,
  type Value,
  type WritesRecord,
} from "./records.js";
import { type Address, createThread, marked, namespacesOf, threadOf } from "./threads.js";

/** The namespaces that are kept in mind; others are read again when they are asked for. */
const KEPT = 128;

/** The version of the format of checkpoints since which sends are among their values. */
const SENDS_KEPT = 4;

/**
 * Keeps the checkpoints of LangGraph graphs in a store.
 *
 * A checkpoint takes one append that holds the values which changed with it. Deleting a thread takes
 * all of its checkpoints, writes and subgraphs in one step; from then on its checkpoints are not
 * found and puts reject with `thread_deleted`, so that a run which is still going on can't bring it
 * back. A deleted `thread_id` can't be used again for 30 days.
 *
 * @example
 * ```ts
 * import { StateGraph } from "@langchain/langgraph";
 * import { Creel } from "creel";
 * import { CreelSaver } from "creel/langgraph";
 *
 * const creel = await Creel.open({ name: "my-agent" });
 * const graph = new StateGraph(State).addNode("agent", agent).addEdge("__start__", "agent")
 *   .compile({ checkpointer: new CreelSaver(creel) });
 * const thread = await creel.threads.create({ name: "Fix the build" });
 * await graph.invoke({ messages: ["CI is red"] }, { configurable: { thread_id: thread.id } });
 * await creel.threads.delete(thread.id);
 * ```
 */
export class CreelSaver extends BaseCheckpointSaver {
  readonly #creel: Creel;
  readonly #threads: Threads;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #marked = new WeakSet<Namespace>();

  /** Makes a checkpointer of an open store; `serde` is LangGraph's own unless given. */
  constructor(creel: Creel, serde?: SerializerProtocol) {
    super(serde);
    this.#creel = creel;
    this.#threads = creel.threads;
  }

  /**
   * Returns the id of the thread that keeps a graph's thread, or a namespace of it: `thread_id`
   * itself if it is a UUID and no namespace is asked for.
   *
   * @throws {CreelError} `invalid_field` for an empty `thread_id`, and for other ids than UUIDs in
   * insecure contexts.
   */
  async threadId(thread_id: string, checkpoint_ns = ""): Promise<string> {
    return threadOf({ thread_id: checkedText("thread_id", thread_id), checkpoint_ns });
  }

  /** Reads a checkpoint, the newest one of its namespace unless `checkpoint_id` names another. */
  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = "" } = config.configurable ?? {};
    if (thread_id === undefined) return undefined;
    const address = { thread_id: checkedText("thread_id", thread_id), checkpoint_ns };
    const namespace = this.#namespace(address);
    await this.#creel.refresh();
    if (!(await namespace.refresh())) return undefined;
    const id = getCheckpointId(config) || namespace.newest;
    if (id === undefined || !namespace.has(id)) return undefined;
    try {
      return await this.#tuple(namespace, address, id, false);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    } finally {
      namespace.release();
    }
  }

  /**
   * Yields checkpoints, newest first: of a thread or of all, of a namespace or of all. Without a
   * `thread_id` the checkpoints of every thread are looked through.
   */
  async *list(
    config: RunnableConfig,
    { limit, before, filter }: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const { checkpoint_id: end } = before?.configurable ?? {};
    await this.#creel.refresh();
    const found: [id: string, namespace: Namespace, address: Address][] = [];
    for await (const address of namespacesOf(this.#threads, thread_id)) {
      if (checkpoint_ns !== undefined && address.checkpoint_ns !== checkpoint_ns) continue;
      const namespace = this.#namespace(address);
      await namespace.refresh();
      for (const id of namespace.checkpoints) {
        if (checkpoint_id && id !== checkpoint_id) continue;
        if (!end || id < end) found.push([id, namespace, address]);
      }
    }
    found.sort(([one], [other]) => (one < other ? 1 : one > other ? -1 : 0));

    let left = limit ?? Number.POSITIVE_INFINITY;
    try {
      for (const [id, namespace, address] of found) {
        if (left <= 0) return;
        if (filter && !(await this.#matches(namespace, id, filter))) continue;
        left -= 1;
        yield await this.#tuple(namespace, address, id, true);
      }
    } finally {
      for (const [, namespace] of found) namespace.release();
    }
  }

  /**
   * Stores a checkpoint with the values that `newVersions` names; others stay where they are.
   *
   * @throws {CreelError} `thread_deleted`, `thread_archived`, `too_large` for more than 16 MB of
   * changed values, `invalid_field` without a `thread_id`, or what the storage reports.
   */
  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { address, checkpoint_id: parent } = addressed(config);
    const namespace = this.#namespace(address);
    const { channel_values, ...rest } = checkpoint;
    const record: CheckpointRecord = {
      type: "langgraph.checkpoint",
      id: checkedText("checkpoint.id", checkpoint.id),
      ...(parent !== undefined && { parent }),
      checkpoint: await toValue(this.serde, rest),
      metadata: await toValue(this.serde, metadata),
      channels: {},
      values: {},
    };
    // The parent may be another process's.
    if (parent !== undefined && !namespace.has(parent)) await this.#creel.refresh();
    const make = async () => {
      const channels: [string, Held][] = [];
      const values: [string, Value][] = [];
      for (const [channel, value] of Object.entries(channel_values ?? {})) {
        if (value === undefined) continue;
        const version = checkpoint.channel_versions[channel] ?? null;
        const changed = Object.hasOwn(newVersions, channel);
        const holder = changed ? "several" : namespace.holder(parent, channel, version);
        if (holder === undefined) continue;
        channels.push([channel, holder === "several" ? [version] : [version, holder]]);
        if (holder === "several") values.push([channel, await toValue(this.serde, value)]);
      }
      const [held, own] = [Object.fromEntries(channels), Object.fromEntries(values)];
      return { ...record, channels: held, values: own };
    };
    await namespace.put(make, () => createThread(this.#threads, address));
    await this.#mark(address, namespace);
    return { configurable: { ...address, checkpoint_id: checkpoint.id } };
  }

  /** Stores writes of a task; the same ones may come again. */
  async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { address, checkpoint_id } = addressed(config);
    const record: WritesRecord = {
      type: "langgraph.writes",
      checkpoint: checkedText("checkpoint_id", checkpoint_id),
      task: checkedText("taskId", taskId),
      path: taskPath,
      writes: [],
    };
    for (const [place, [channel, value]] of writes.entries()) {
      const index = WRITES_IDX_MAP[channel] ?? place;
      record.writes.push([index, channel, await toValue(this.serde, value)]);
    }
    const namespace = this.#namespace(address);
    await namespace.append(record, () => createThread(this.#threads, address));
  }

  /**
   * Deletes a thread with everything below it; resolves when nothing of it is left. One that is not
   * there is no error.
   */
  async deleteThread(threadId: string): Promise<void> {
    try {
      await this.#threads.delete(await this.threadId(threadId));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  #namespace(address: Address): Namespace {
    const name = JSON.stringify([address.thread_id, address.checkpoint_ns]);
    const found = this.#namespaces.get(name);
    const namespace = found ?? new Namespace(this.#threads, () => threadOf(address));
    this.#namespaces.delete(name);
    this.#namespaces.set(name, namespace);
    const [oldest] = this.#namespaces.keys();
    if (oldest !== undefined && this.#namespaces.size > KEPT) this.#namespaces.delete(oldest);
    return namespace;
  }

  /** A thread that the application has made itself, or forked, is told to be the graph's. */
  async #mark(address: Address, namespace: Namespace): Promise<void> {
    if (this.#marked.has(namespace)) return;
    const thread = await this.#threads.read(await threadOf(address));
    const metadata = marked(thread, address);
    if (metadata) await this.#threads.update(thread.id, { metadata });
    this.#marked.add(namespace);
  }

  async #matches(namespace: Namespace, id: string, filter: object): Promise<boolean> {
    const record = await namespace.checkpoint(id, true);
    const metadata = (await fromValue(this.serde, record.metadata)) as Record<string, unknown>;
    return Object.entries(filter).every(([key, value]) => same(metadata[key], value));
  }

  async #tuple(
    namespace: Namespace,
    address: Address,
    id: string,
    ahead: boolean,
  ): Promise<CheckpointTuple> {
    const record = await namespace.checkpoint(id, ahead);
    const checkpoint = (await fromValue(this.serde, record.checkpoint)) as Checkpoint;
    const values: [string, unknown][] = [];
    for (const [channel, held] of Object.entries(record.channels)) {
      const value = await namespace.value(record, channel, held);
      values.push([channel, await fromValue(this.serde, value)]);
    }
    checkpoint.channel_values = Object.fromEntries(values);
    if (checkpoint.v < SENDS_KEPT && record.parent !== undefined) {
      const sends = await this.#writes(namespace, record.parent, ahead);
      const versions = Object.values(checkpoint.channel_versions);
      checkpoint.channel_values[TASKS] = sends.flatMap(([, channel, value]) =>
        channel === TASKS ? [value] : [],
      );
      checkpoint.channel_versions[TASKS] =
        versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
    }
    const at = (checkpoint_id: string) => ({ configurable: { ...address, checkpoint_id } });
    return {
      config: at(id),
      checkpoint,
      metadata: (await fromValue(this.serde, record.metadata)) as CheckpointMetadata,
      pendingWrites: await this.#writes(namespace, id, ahead),
      ...(record.parent !== undefined && { parentConfig: at(record.parent) }),
    };
  }

  /** Of a task's writes to one place the first counts, of those with places of their own the last. */
  async #writes(
    namespace: Namespace,
    id: string,
    ahead: boolean,
  ): Promise<CheckpointPendingWrite[]> {
    const writes = new Map<string, [WritesRecord, WritesRecord["writes"][number]]>();
    for (const record of await namespace.writes(id, ahead)) {
      for (const write of record.writes) {
        const key = `${write[0]} ${record.task}`;
        if (write[0] < 0 || !writes.has(key)) writes.set(key, [record, write]);
      }
    }
    const ordered = [...writes.values()].sort(([one, [index]], [other, [place]]) =>
      compareWritesSortKeys(
        writesSortKey(one.path, one.task, index),
        writesSortKey(other.path, other.task, place),
      ),
    );
    const pending: CheckpointPendingWrite[] = [];
    for (const [{ task }, [, channel, value]] of ordered) {
      pending.push([task, channel, await fromValue(this.serde, value)]);
    }
    return pending;
  }
}

/** Says which namespace, and which checkpoint in it, a configuration is about. */
function addressed(config: RunnableConfig): { address: Address; checkpoint_id?: string } {
  const { thread_id, checkpoint_ns = "", checkpoint_id } = config.configurable ?? {};
  const address = { thread_id: checkedText("thread_id", thread_id), checkpoint_ns };
  return { address, ...(checkpoint_id !== undefined && { checkpoint_id }) };
}

/** Compares JSON. */
function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const [fields, others] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    fields.length === others.size &&
    fields.every(([key, value]) => others.has(key) && same(value, others.get(key)))
  );
}
