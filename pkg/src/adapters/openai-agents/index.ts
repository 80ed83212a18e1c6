/**
 * Sessions of the OpenAI Agents SDK that are threads of a store: an item of the session is an item
 * of the thread.
 */

import type { AgentInputItem, Session } from "@openai/agents";
import type { CreateThread } from "../../../wasm/creel.js";
import type { Creel } from "../../creel.js";
import type { Threads } from "../../threads.js";
import { checkedText, isCode, randomId, threadId } from "../ids.js";
import { batches, toLines } from "../lines.js";
import { Queue } from "../queue.js";

/** The most items that one step removes or one page holds. */
const STRIDE = 1_000;

/** Says which session it is, and what its thread is created with. */
export interface CreelSessionOptions {
  /**
   * The session's id; a new one unless given. A UUID is the id of the thread too, so that a thread
   * of the application can be a session; for any other text `threadId` tells.
   */
  sessionId?: string;
  /** What the thread is created with if it is not there: its name, its parent, … */
  thread?: Omit<CreateThread, "id">;
}

/**
 * Keeps the history of an OpenAI agent in a thread of a store.
 *
 * The thread is created with the first items. Every call sees what other tabs and processes have
 * stored, and calls of one session take effect in the order they are made in. Once the thread is
 * deleted every call rejects with `thread_deleted`, so that a run which is still going on can't
 * bring it back; while it is archived those that change it reject with `thread_archived`.
 *
 * @example
 * ```ts
 * import { Agent, run } from "@openai/agents";
 * import { Creel } from "creel";
 * import { CreelSession } from "creel/openai-agents";
 *
 * const creel = await Creel.open({ name: "my-agent" });
 * const session = new CreelSession(creel, { sessionId: "user-42", thread: { name: "Fix the build" } });
 * await run(new Agent({ name: "Fixer" }), "CI is red", { session });
 * await creel.threads.delete(await session.threadId());
 * ```
 */
export class CreelSession implements Session {
  readonly #creel: Creel;
  readonly #threads: Threads;
  readonly #sessionId: string;
  readonly #thread: CreateThread;
  readonly #steps = new Queue();
  #id: Promise<string> | undefined;

  /**
   * Stands for a session of a store; nothing is read or stored yet.
   *
   * @throws {CreelError} `invalid_field` for an empty `sessionId`.
   */
  constructor(creel: Creel, options: CreelSessionOptions = {}) {
    const { sessionId = randomId(), thread = {} } = options;
    this.#creel = creel;
    this.#threads = creel.threads;
    this.#sessionId = checkedText("sessionId", sessionId);
    this.#thread = {
      originator: "openai-agents",
      ...thread,
      metadata: { ...thread.metadata, openaiAgents: { sessionId } },
    };
  }

  /** Returns the session's id. */
  async getSessionId(): Promise<string> {
    return this.#sessionId;
  }

  /**
   * Returns the id of the session's thread, which is there as soon as the session has items.
   *
   * @throws {CreelError} `invalid_field` for a `sessionId` other than a UUID in an insecure context.
   */
  threadId(): Promise<string> {
    this.#id ??= threadId("sessionId", "openai-agents", this.#sessionId);
    return this.#id;
  }

  /** Reads the last `limit` items, or all of them, oldest first; none of a session that has none. */
  async getItems(limit?: number): Promise<AgentInputItem[]> {
    return this.#step(async (id) => {
      await this.#creel.refresh();
      return limit === undefined ? this.#all(id) : this.#last(id, limit);
    }, []);
  }

  /**
   * Appends items as one step, or as several if they are more than 5,000 or than 16 million
   * characters of JSON.
   *
   * @throws {CreelError} `invalid_item` for items that are no JSON, and nothing is appended;
   * `too_large` for one of more than 16 MB.
   */
  async addItems(items: AgentInputItem[]): Promise<void> {
    const lines = toLines("items", items);
    await this.#steps.run(async () => {
      const id = await this.threadId();
      for (const batch of batches(lines)) await this.#append(id, batch);
    });
  }

  /** Removes the last item and returns it; `undefined` if there is none. */
  async popItem(): Promise<AgentInputItem | undefined> {
    const [popped] = await this.#step((id) => this.#threads.pop<AgentInputItem>(id), []);
    return popped?.item;
  }

  /** Removes all items. The thread stays, with its name and what is under it. */
  async clearSession(): Promise<void> {
    await this.#step((id) => this.#threads.truncate(id, 0), undefined);
  }

  /**
   * Appends the compaction and what follows it: the history before it is kept for people to read,
   * and runs begin with the newest compaction.
   */
  replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    return this.addItems(items);
  }

  async #all(id: string): Promise<AgentInputItem[]> {
    const items: AgentInputItem[] = [];
    for await (const { item } of this.#threads.open(id).items<AgentInputItem>({ limit: STRIDE })) {
      items.push(item);
    }
    return items;
  }

  async #last(id: string, limit: number): Promise<AgentInputItem[]> {
    const items: AgentInputItem[] = [];
    if (limit <= 0) return items;
    const pages = { limit: Math.min(Math.ceil(limit), STRIDE), sortDirection: "desc" } as const;
    for await (const { item } of this.#threads.open(id).items<AgentInputItem>(pages)) {
      items.push(item);
      if (items.length >= limit) break;
    }
    return items.reverse();
  }

  async #append(id: string, batch: string): Promise<void> {
    try {
      await this.#threads.append(id, batch);
    } catch (error) {
      if (!isCode(error, "thread_not_found")) throw error;
      await this.#create(id);
      await this.#threads.append(id, batch);
    }
  }

  async #create(id: string): Promise<void> {
    try {
      await this.#threads.create({ ...this.#thread, id });
    } catch (error) {
      if (!isCode(error, "thread_exists")) throw error;
    }
  }

  #step<T>(step: (id: string) => Promise<T>, absent: T): Promise<T> {
    return this.#steps.run(async () => {
      try {
        return await step(await this.threadId());
      } catch (error) {
        if (isCode(error, "thread_not_found")) return absent;
        throw error;
      }
    });
  }
}
