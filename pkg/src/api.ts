/**
 * The public face of Creel in JavaScript, which every entry that has a module gives whole.
 *
 * It must not name the module: `index.ts` and `inline.ts` do, each in its way.
 */

export type {
  Appended,
  ArchiveFilter,
  BadLine,
  Batch,
  Change,
  ChangeEvent,
  Check,
  CreateThread,
  DeletionPlan,
  DeletionProgress,
  EdgeStatus,
  Finding,
  FindingCode,
  GitInfo,
  Goal,
  GoalPatch,
  GoalStatus,
  ImportProgress,
  ImportReport,
  ItemQuery,
  Job,
  JobTask,
  KeyRange,
  PendingDeletion,
  Problem,
  Receipt,
  Removed,
  Report as CheckReport,
  ScanPage,
  Severity,
  SortDirection,
  SortKey,
  SpawnEdge,
  StorageHost,
  StoreStats,
  Table,
  TaskStatus,
  Thread,
  ThreadDetails,
  ThreadPage,
  ThreadPatch,
  ThreadQuery,
  Write,
} from "../wasm/creel.js";
export type { Connection } from "./connection.js";
export { Creel, type OpenOptions } from "./creel.js";
export type { ErrorCode } from "./error-codes.js";
export { CreelError } from "./errors.js";
export type { CreelEvents } from "./events.js";
export type { ImportSource, ImportTreesOptions } from "./export.js";
export type { ImportFile, ImportOptions } from "./import.js";
export type { SpaceEstimate } from "./indexeddb/index.js";
export { type InitInput, init } from "./init.js";
export { Jobs, type TaskState } from "./jobs.js";
export type { Live } from "./live/index.js";
export type { ItemsSnapshot, LiveItem, LiveItems, LiveItemsOptions } from "./live/items.js";
export type { LiveObject, LiveState } from "./live/observable.js";
export type { ItemStream, StreamOptions } from "./live/streams.js";
export type { LiveThread, ThreadSnapshot } from "./live/thread.js";
export type { LiveThreads, LiveThreadsQuery, ThreadsSnapshot } from "./live/threads.js";
export type { OpenStore } from "./open-store.js";
export type * as protocol from "./protocol.js";
export { ThreadHandle } from "./thread-handle.js";
export {
  type ChildrenOption,
  type DeleteOptions,
  type Draft,
  type ForkOptions,
  type ItemPage,
  type LogQuery,
  type StoredItem,
  Threads,
} from "./threads.js";
