/**
 * A session store of the Claude Agent SDK: a session is a thread, its sub-agents are threads below
 * it, an entry of a transcript is an item.
 */

import type { CreateThread, Thread } from "../../../wasm/creel.js";
import type { Creel } from "../../creel.js";
import type { Threads } from "../../threads.js";
import { checkedText, derivedId, isCode, isGone } from "../ids.js";
import { everyThread, markOf } from "../listing.js";
import type {
  FoldSessionSummary,
  SessionKey,
  SessionStoreEntry,
  SessionSummaryEntry,
} from "./contract.js";
import { agentMetadata } from "./observe.js";
import { Transcript } from "./transcript.js";

export type {
  FoldSessionSummary,
  SessionKey,
  SessionStoreEntry,
  SessionSummaryEntry,
} from "./contract.js";

/** The field of a thread's metadata that says which transcript it is. */
const FIELD = "claudeAgent";

/** The transcripts that are kept in mind; others are read again when they are asked for. */
const KEPT = 256;

/** Says what a session store may use. */
export interface CreelSessionStoreOptions {
  /**
   * `foldSessionSummary` of the SDK. With it a summary is kept with each session, and the SDK lists
   * sessions without reading their transcripts; without it there is no `listSessionSummaries`.
   */
  foldSessionSummary?: FoldSessionSummary;
}

/** Is written into the metadata of every thread of the adapter. */
interface Mark extends SessionKey {
  summary?: Summary;
}

/** Holds what the SDK knows of the first `covered` entries. */
interface Summary {
  covered: number;
  data: Record<string, unknown>;
}

/**
 * Keeps the transcripts of the Claude Agent SDK in a store.
 *
 * An entry that is sent again is told by its `uuid` and kept once. Deleting a session takes its
 * sub-agents along; from then on appends to it reject with `thread_deleted` and loads find nothing,
 * so that a query which is still running can't bring it back. Sessions that are archived are not
 * listed and take no entries.
 *
 * @example
 * ```ts
 * import { foldSessionSummary, query } from "@anthropic-ai/claude-agent-sdk";
 * import { Creel } from "creel";
 * import { CreelSessionStore } from "creel/claude-agent";
 *
 * const sessionStore = new CreelSessionStore(await Creel.open(options), { foldSessionSummary });
 * for await (const message of query({ prompt: "CI is red", options: { sessionStore } })) {
 *   console.log(message);
 * }
 * ```
 */
export class CreelSessionStore {
  /** Returns the summaries of a project's sessions; there with `foldSessionSummary` alone. */
  readonly listSessionSummaries?: (projectKey: string) => Promise<SessionSummaryEntry[]>;
  readonly #creel: Creel;
  readonly #threads: Threads;
  readonly #fold: FoldSessionSummary | undefined;
  readonly #transcripts = new Map<string, Transcript>();
  readonly #summaries = new Map<string, Summary>();

  /** Makes a session store of an open store; nothing is read or stored yet. */
  constructor(creel: Creel, options: CreelSessionStoreOptions = {}) {
    this.#creel = creel;
    this.#threads = creel.threads;
    this.#fold = options.foldSessionSummary;
    const fold = this.#fold;
    if (fold) this.listSessionSummaries = (projectKey) => this.#listSummaries(projectKey, fold);
  }

  /**
   * Returns the id of the thread that a transcript is kept in, whether it is there or not.
   *
   * @throws {CreelError} `invalid_field` for an empty field, and in insecure contexts.
   */
  async threadId(key: SessionKey): Promise<string> {
    const { projectKey, sessionId, subpath } = key;
    const texts = [checkedText("projectKey", projectKey), checkedText("sessionId", sessionId)];
    if (subpath !== undefined) texts.push(checkedText("subpath", subpath));
    return derivedId("sessionId", "claude-agent", ...texts);
  }

  /**
   * Appends entries in the order of the calls; those that are there already, by `uuid`, are left
   * out.
   *
   * @throws {CreelError} `thread_deleted`, `thread_archived`, `invalid_item`, `too_large`, or what
   * the storage reports.
   */
  async append(key: SessionKey, entries: SessionStoreEntry[]): Promise<void> {
    const create = () => this.#create(key, entries);
    await this.#transcript(key).append(entries, create, (...of) => this.#described(key, ...of));
  }

  /** Loads all entries of a transcript; `null` for one that is not there, or not any more. */
  async load(key: SessionKey): Promise<SessionStoreEntry[] | null> {
    return this.#transcript(key).load();
  }

  /** Lists the sessions of a project with the times of their last change, in no order. */
  async listSessions(projectKey: string): Promise<{ sessionId: string; mtime: number }[]> {
    const sessions: { sessionId: string; mtime: number }[] = [];
    for await (const [{ updatedAt }, { sessionId }] of this.#sessions(projectKey)) {
      sessions.push({ sessionId, mtime: updatedAt });
    }
    return sessions;
  }

  /** Lists the `subpath`s of a session's sub-agents. */
  async listSubkeys(key: { projectKey: string; sessionId: string }): Promise<string[]> {
    const { projectKey, sessionId } = key;
    await this.#creel.refresh();
    try {
      const below = await this.#threads.descendants(await this.threadId({ projectKey, sessionId }));
      return below.flatMap((thread) => {
        const mark = markOf<Mark>(thread, FIELD);
        return mark?.subpath && mark.sessionId === sessionId && thread.items ? [mark.subpath] : [];
      });
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  }

  /**
   * Deletes a session with its sub-agents, or a sub-agent with those below it; resolves when nothing
   * of it is left. One that is not there is no error.
   */
  async delete(key: SessionKey): Promise<void> {
    const id = await this.threadId(key);
    try {
      await this.#threads.delete(id);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    this.#summaries.delete(id);
  }

  #transcript(key: SessionKey): Transcript {
    const name = JSON.stringify([key.projectKey, key.sessionId, key.subpath]);
    const found = this.#transcripts.get(name);
    const transcript = found ?? new Transcript(this.#creel, () => this.threadId(key));
    this.#transcripts.delete(name);
    this.#transcripts.set(name, transcript);
    const [oldest] = this.#transcripts.keys();
    if (oldest !== undefined && this.#transcripts.size > KEPT) this.#transcripts.delete(oldest);
    return transcript;
  }

  async #create(key: SessionKey, entries: SessionStoreEntry[]): Promise<void> {
    const id = await this.threadId(key);
    const { projectKey, sessionId, subpath } = key;
    const mark: Mark = { projectKey, sessionId, ...(subpath !== undefined && { subpath }) };
    const thread = { id, originator: "claude-agent", metadata: { [FIELD]: mark } };
    if (subpath === undefined) return this.#createOnce(thread);

    const session: SessionKey = { projectKey, sessionId };
    const { role, parentAgentId } = agentMetadata(entries) ?? {};
    const agent = { ...thread, agentPath: subpath, ...(role && { agentRole: role }) };
    if (parentAgentId) {
      const parent = `${subpath.slice(0, subpath.lastIndexOf("/") + 1)}agent-${parentAgentId}`;
      const parentThreadId = await this.threadId({ ...session, subpath: parent });
      try {
        return await this.#createOnce({ ...agent, parentThreadId });
      } catch (error) {
        if (!isCode(error, "parent_not_found")) throw error;
      }
    }
    const parentThreadId = await this.threadId(session);
    try {
      await this.#createOnce({ ...agent, parentThreadId });
    } catch (error) {
      if (!isCode(error, "parent_not_found")) throw error;
      // A sub-agent may be heard of before its session.
      await this.#create(session, []);
      await this.#createOnce({ ...agent, parentThreadId });
    }
  }

  async #createOnce(thread: CreateThread): Promise<void> {
    try {
      await this.#threads.create(thread);
    } catch (error) {
      if (!isCode(error, "thread_exists")) throw error;
    }
  }

  async *#sessions(projectKey: string): AsyncGenerator<[Thread, Mark], void, undefined> {
    checkedText("projectKey", projectKey);
    await this.#creel.refresh();
    for await (const thread of everyThread(this.#threads)) {
      const mark = markOf<Mark>(thread, FIELD);
      if (mark?.projectKey !== projectKey || mark.subpath !== undefined) continue;
      // One that only a sub-agent was heard of has no transcript yet, and a fork is no session.
      if (thread.items > 0 && thread.id === (await this.threadId(mark))) yield [thread, mark];
    }
  }

  async #listSummaries(
    projectKey: string,
    fold: FoldSessionSummary,
  ): Promise<SessionSummaryEntry[]> {
    const summaries: SessionSummaryEntry[] = [];
    for await (const [thread, mark] of this.#sessions(projectKey)) {
      const { sessionId } = mark;
      const { data } = await this.#summary(thread, { projectKey, sessionId }, fold);
      summaries.push({ sessionId, mtime: thread.updatedAt, data });
    }
    return summaries;
  }

  async #described(
    { projectKey, sessionId, subpath }: SessionKey,
    thread: Thread,
    news: readonly SessionStoreEntry[],
  ): Promise<{ [FIELD]: Mark } | undefined> {
    if (!this.#fold || subpath !== undefined) return undefined;
    const summary = await this.#summary(thread, { projectKey, sessionId }, this.#fold, news);
    return { [FIELD]: { projectKey, sessionId, summary } };
  }

  /**
   * Carries the kept summary on to the end of the transcript; what it does not cover is read, unless
   * that is just what has been appended.
   */
  async #summary(
    thread: Thread,
    key: SessionKey,
    fold: FoldSessionSummary,
    news: readonly SessionStoreEntry[] = [],
  ): Promise<Summary> {
    const stored = markOf<Mark>(thread, FIELD)?.summary;
    const kept = this.#summaries.get(thread.id);
    let summary = kept && kept.covered > (stored?.covered ?? 0) ? kept : stored;
    // Somebody has cut the transcript back.
    if (summary && summary.covered > thread.items) summary = undefined;
    if (summary?.covered === thread.items) return summary;

    const covered = summary?.covered ?? 0;
    const fresh = covered + news.length === thread.items;
    const entries = fresh ? [...news] : await this.#entries(thread.id, covered);
    const previous = summary && { sessionId: key.sessionId, mtime: 0, data: summary.data };
    const folded = { covered: covered + entries.length, data: fold(previous, key, entries).data };
    this.#summaries.set(thread.id, folded);
    return folded;
  }

  async #entries(id: string, from: number): Promise<SessionStoreEntry[]> {
    const entries: SessionStoreEntry[] = [];
    const items = this.#threads.open(id).items<SessionStoreEntry>({ from, limit: 1_000 });
    for await (const { item } of items) entries.push(item);
    return entries;
  }
}
