// The calls of the workloads as a graph on LangGraph's checkpointer would make them.
//
// Wherever there is a choice, it is the one that costs the checkpointer least: messages are plain objects, the
// state before a step is at hand, the writes of a step are stored beside its checkpoint and not before it, and the
// members of a tree are known when it is to be deleted.

import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import pg from "pg";
import { insert } from "./bulk.js";
import { type Item, type State, snapshot } from "./state.js";

/** How long the checkpointer took in milliseconds, and how many of what was asked for there were. */
export interface Asked {
  ms: number;
  found: number;
}

/** A thread as the benchmark has it; a parent comes before its children. */
export interface Spec {
  thread: string;
  parent: string | null;
  name: string;
  items: string[];
}

export interface Append {
  thread: string;
  items: string[];
}

async function timed(work: () => Promise<number>): Promise<Asked> {
  const started = performance.now();
  const found = await work();
  return { ms: performance.now() - started, found };
}

function at(thread: string, id?: string) {
  return {
    configurable: { thread_id: thread, checkpoint_ns: "", ...(id && { checkpoint_id: id }) },
  };
}

function parsed(items: string[]): Item[] {
  return items.map((item) => JSON.parse(item) as Item);
}

export class Threads {
  readonly #pool: pg.Pool;
  readonly #saver: PostgresSaver;
  /** The states of the threads that were appended to, as a process that runs them holds them. */
  readonly #states = new Map<string, State>();
  /** By thread, the root of its tree, by which the members are found again. */
  readonly #roots = new Map<string, string>();

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.#saver = new PostgresSaver(pool);
  }

  static async open(url: string, strict: boolean): Promise<Threads> {
    const options = `-c synchronous_commit=${strict ? "on" : "off"}`;
    const threads = new Threads(new pg.Pool({ connectionString: url, options }));
    await threads.#saver.setup();
    return threads;
  }

  /** Stores threads with their items, as a checkpoint each. */
  fill(specs: Spec[]): Promise<Asked> {
    return timed(async () => {
      const rows = specs.map((spec) => ({
        thread: spec.thread,
        items: parsed(spec.items),
        metadata: this.#metadata(spec),
      }));
      await insert(this.#saver, this.#pool, rows);
      return specs.length;
    });
  }

  /** Stores threads without items. */
  create(specs: Spec[]): Promise<Asked> {
    return timed(async () => {
      const stored = specs.map((spec) => {
        const checkpoint = snapshot({ messages: [], version: 1 });
        return this.#saver.put(at(spec.thread), checkpoint, this.#metadata(spec), { messages: 1 });
      });
      await Promise.all(stored);
      return specs.length;
    });
  }

  /** Appends to several threads at once. */
  async append(appends: Append[]): Promise<Asked> {
    const steps = await Promise.all(
      appends.map(async ({ thread, items }) => ({
        thread,
        items: parsed(items),
        before: this.#states.get(thread) ?? (await this.#load(thread)),
      })),
    );
    return timed(async () => {
      await Promise.all(
        steps.map(({ thread, items, before }) => this.#step(thread, before, items)),
      );
      return steps.length;
    });
  }

  /** Reads a thread's messages. */
  load(thread: string): Promise<Asked> {
    return timed(async () => (await this.#load(thread)).messages.length);
  }

  /** Lists the newest checkpoints, which is the nearest to threads: they may be of fewer of them. */
  list(limit: number, filter?: Record<string, string>): Promise<Asked> {
    return timed(async () => {
      const found: string[] = [];
      for await (const { config } of this.#saver.list({}, { limit, ...(filter && { filter }) })) {
        found.push(String(config.configurable?.thread_id));
      }
      return found.length;
    });
  }

  /** Deletes every thread of a tree. */
  async delete(root: string): Promise<Asked> {
    const found = await this.#pool.query<{ thread_id: string }>(
      "SELECT DISTINCT thread_id FROM checkpoints WHERE metadata @> $1",
      [JSON.stringify({ root })],
    );
    return timed(async () => {
      await Promise.all(found.rows.map((row) => this.#saver.deleteThread(row.thread_id)));
      return found.rows.length;
    });
  }

  close(): Promise<void> {
    return this.#saver.end();
  }

  /** Stores what one step of a graph leaves: the writes of its task, and the checkpoint after it. */
  async #step(thread: string, before: State, items: Item[]): Promise<void> {
    const version = this.#saver.getNextVersion(before.version);
    const messages = [...before.messages, ...items];
    const checkpoint = snapshot({ messages, version });
    const metadata: CheckpointMetadata = { ...before.own, source: "loop", step: version };
    const config = at(thread, before.id);
    await Promise.all([
      this.#saver.putWrites(config, [["messages", items]], randomUUID()),
      this.#saver.put(config, checkpoint, metadata, { messages: version }),
    ]);
    this.#states.set(thread, { ...before, id: checkpoint.id, messages, version });
  }

  async #load(thread: string): Promise<State> {
    const tuple = await this.#saver.getTuple(at(thread));
    if (tuple === undefined) throw new Error(`no thread is called ${thread}`);
    const { id, channel_values, channel_versions } = tuple.checkpoint;
    const messages = channel_values.messages as Item[];
    const version = Number(channel_versions.messages);
    return {
      id,
      messages,
      version,
      own: tuple.metadata ?? { source: "loop", step: 0, parents: {} },
    };
  }

  #metadata({ thread, parent, name }: Spec): CheckpointMetadata {
    const root = (parent && this.#roots.get(parent)) ?? thread;
    this.#roots.set(thread, root);
    // LangGraph keeps whatever else a caller says of a checkpoint, and `list` filters by it.
    const own = { name, root, ...(parent && { parent }) };
    return { source: "update", step: -1, parents: {}, ...own };
  }
}
