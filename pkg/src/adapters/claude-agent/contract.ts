/**
 * What the Claude Agent SDK asks of a session store, as its `SessionStore` has it.
 *
 * The shapes are spelled out here because the SDK brings a program of some hundred megabytes, which
 * nobody should need to type-check a store.
 */

/** Names a transcript: of a session, or with `subpath` of one of its sub-agents. */
export interface SessionKey {
  /** What the session belongs to: the working directory in the SDK's spelling, unless told otherwise. */
  projectKey: string;
  /** The session's id. */
  sessionId: string;
  /** Which sub-agent's transcript it is, such as `subagents/agent-1f`; none for the session's own. */
  subpath?: string;
}

/** Carries one line of a transcript. Nothing but these fields is known of it. */
export interface SessionStoreEntry {
  /** The kind of entry. */
  type: string;
  /** Identifies the entry; some kinds have none. */
  uuid?: string;
  /** When it was written, as ISO 8601. */
  timestamp?: string;
  /** What else there is. */
  [field: string]: unknown;
}

/** Carries what the SDK keeps of a session to list it without reading its transcript. */
export interface SessionSummaryEntry {
  /** The session's id. */
  sessionId: string;
  /** When something of it was last stored, in milliseconds. */
  mtime: number;
  /** The SDK's own state. */
  data: Record<string, unknown>;
}

/** Carries entries into a summary: `foldSessionSummary` of the SDK. */
export type FoldSessionSummary = (
  previous: SessionSummaryEntry | undefined,
  key: SessionKey,
  entries: SessionStoreEntry[],
) => SessionSummaryEntry;
