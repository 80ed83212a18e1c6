/**
 * The calls of a store by name, as they go over a wire: `creel/store/…` with named arguments. Both
 * ends of a bridge and the client of a server read this one table.
 */

import type {
  ImportProgress,
  ImportReport,
  Store,
  StoreStats,
  ThreadPage,
  ThreadQuery,
} from "../wasm/creel.js";

/** The calls whose answers are the same wherever the store is. */
type Same =
  | "create"
  | "append"
  | "truncate"
  | "fork"
  | "read"
  | "update"
  | "list"
  | "children"
  | "descendants"
  | "archive"
  | "unarchive"
  | "planDelete"
  | "delete"
  | "undelete"
  | "pendingDeletions"
  | "receipt"
  | "setEdgeStatus"
  | "setParent"
  | "goal"
  | "setGoal"
  | "clearGoal"
  | "appendLogs"
  | "setTools"
  | "createJob"
  | "job"
  | "jobs"
  | "setTask"
  | "deleteJob"
  | "putDraft"
  | "finishDraft"
  | "dropDraft"
  | "refresh"
  | "check";

/** The calls whose answers hold items: JSON texts of the module, read already where they come over a wire. */
type Texts = "items" | "pop" | "logs" | "tools" | "drafts";

/** What can be called of a store, in this instance or another one. */
export type StoreCalls = Pick<Store, Same> & {
  [Name in Texts]: (...given: Parameters<Store[Name]>) => Promise<unknown>;
} & {
  stats(): StoreStats | Promise<StoreStats>;
  export(id?: string): Promise<Exporting>;
  importTrees(newIds: boolean, name: string): Importing | Promise<Importing>;
};

/** An export that is under way. */
export interface Exporting {
  next(): Promise<string | undefined>;
  free(): void;
}

/** An import that is under way. */
export interface Importing {
  feed(piece: Uint8Array): Promise<ImportProgress>;
  finish(): Promise<ImportReport>;
  free(): void;
}

/** Calls a store: in a session of the module, or over a wire. */
export interface Caller {
  /** Whether calls are still let in. */
  readonly alive: boolean;
  call<T>(method: (store: StoreCalls) => T | Promise<T>): Promise<T>;
  /** Calls a method in a task of its own, where the store is here; what is called after it begins after it. */
  callInTask?<T>(method: (store: StoreCalls) => T | Promise<T>): Promise<T>;
  /** Lists threads while the store is still read, where the newest ones tell; nothing is there once it is. */
  newest?(query: ThreadQuery): Promise<ThreadPage | undefined> | undefined;
}

/** Reads an answer that holds items. */
export function parsed<T>(answer: unknown): T {
  return typeof answer === "string" ? JSON.parse(answer) : (answer as T);
}

/** What every name begins with. */
export const PREFIX = "creel/store/";

/** A call: its arguments in their order, and whether it changes anything. */
export interface Signature {
  readonly names: readonly string[];
  readonly changes: boolean;
}

const reads = (...names: string[]): Signature => ({ names, changes: false });
const changes = (...names: string[]): Signature => ({ names, changes: true });

/** Every call by its name. */
export const CALLS: Record<Same | Texts | "stats", Signature> = {
  create: changes("options"),
  append: changes("id", "items"),
  items: reads("id", "query"),
  truncate: changes("id", "length"),
  pop: changes("id", "count"),
  fork: changes("id", "fork"),
  read: reads("id"),
  update: changes("id", "patch"),
  list: reads("query"),
  children: reads("id"),
  descendants: reads("id"),
  archive: changes("id"),
  unarchive: changes("id"),
  planDelete: reads("id", "options"),
  delete: changes("id", "options"),
  undelete: changes("deletionId"),
  pendingDeletions: reads(),
  receipt: reads("id"),
  setEdgeStatus: changes("id", "status"),
  setParent: changes("id", "parent"),
  goal: reads("id"),
  setGoal: changes("id", "patch"),
  clearGoal: changes("id"),
  appendLogs: changes("id", "records"),
  logs: reads("id", "from", "limit"),
  setTools: changes("id", "tools"),
  tools: reads("id"),
  createJob: changes("name", "tasks"),
  job: reads("id"),
  jobs: reads(),
  setTask: changes("id", "task", "status", "threadId", "lastError"),
  deleteJob: changes("id"),
  drafts: reads("id"),
  putDraft: changes("id", "draft", "item"),
  finishDraft: changes("id", "draft", "items"),
  dropDraft: changes("id", "draft"),
  refresh: reads(),
  stats: reads(),
  check: reads(),
};

/** Whether a name on the wire is one of a call. */
export function isCall(method: string): boolean {
  return method.startsWith(PREFIX) && Object.hasOwn(CALLS, method.slice(PREFIX.length));
}

/** Calls a store by a name on the wire, one of a call. */
export function callNamed(
  store: StoreCalls,
  method: string,
  params: Record<string, unknown>,
): Promise<unknown> {
  const name = method.slice(PREFIX.length) as keyof typeof CALLS;
  const given = CALLS[name].names.map((argument) => params[argument] ?? undefined);
  const call = store[name] as (...given: unknown[]) => unknown;
  return Promise.resolve(call.apply(store, given));
}
