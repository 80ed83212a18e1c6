/** What SQLite and the file system report, in the codes of a storage host, and on their way between threads. */

import { CreelError } from "../errors.js";
import { FILE_NAME } from "./schema.js";

/** SQLite's primary result codes, as far as they mean something here. */
const BUSY = [5, 6, 15];
const CORRUPT = [11, 26];
const FULL = [13, 18];
const PASSING = [7, 10, 14];
const CONSTRAINT = 19;
/** Nothing but a full disk keeps the log's index from growing, for which SQLite has no other word. */
const INDEX_IS_SHORT = 4874;

/** An error as it crosses to another thread, which keeps no fields of its own. */
export interface Told {
  code: string;
  message: string;
  retryable: boolean;
  fields: { key?: string; found?: number; known?: number };
  cause: { message: string; errcode?: number; code?: string } | undefined;
}

/** Translates what a call of `node:sqlite` or `node:fs` threw. */
export function failure(cause: unknown): CreelError {
  if (cause instanceof CreelError) return cause;
  const { code, message } = Object(cause) as { code?: string; message?: string };
  const reason = `${FILE_NAME}: ${message ?? cause}`;
  const primary = primaryCode(cause);
  if (primary === undefined) {
    const full = code === "ENOSPC" || code === "EDQUOT";
    if (full) return new CreelError("quota_exceeded", "the disk is full", { cause });
    return new CreelError("storage_unavailable", String(message ?? cause), { cause });
  }
  if (BUSY.includes(primary)) {
    const blocked = `another process keeps the store locked: ${reason}`;
    return new CreelError("blocked", blocked, { retryable: true, cause });
  }
  if (CORRUPT.includes(primary)) {
    return Object.assign(new CreelError("corrupt", reason, { cause }), { key: FILE_NAME });
  }
  const { errcode } = cause as { errcode: number };
  if (FULL.includes(primary) || errcode === INDEX_IS_SHORT) {
    return new CreelError("quota_exceeded", "the disk is full", { cause });
  }
  return new CreelError("storage_unavailable", reason, {
    retryable: PASSING.includes(primary),
    cause,
  });
}

/** Tells whether another connection holds the lock that a call needs. */
export function isBusy(cause: unknown): boolean {
  return BUSY.includes(primaryCode(cause) ?? -1);
}

/** Tells whether an insert met a key that exists. */
export function isConstraint(cause: unknown): boolean {
  return primaryCode(cause) === CONSTRAINT;
}

/** Says that a check is missing or a key is there already. */
export function conflict(): CreelError {
  return new CreelError("conflict", "another instance committed first", { retryable: true });
}

/** Says that the host was closed. */
export function closed(): CreelError {
  return new CreelError("closed", "the store is closed");
}

/** Prepares an error for another thread. */
export function tell(thrown: unknown): Told {
  const error = failure(thrown);
  const { code, message, retryable, key, found, known } = error as CreelError & Told["fields"];
  const fields = JSON.parse(JSON.stringify({ key, found, known }));
  const cause = Object(error.cause) as { message?: string; errcode?: number; code?: string };
  const told = { message: String(cause.message), ...pick(cause) };
  return { code, message, retryable, fields, cause: error.cause === undefined ? undefined : told };
}

/** Makes the error of what another thread told. */
export function hear({ code, message, retryable, fields, cause }: Told): CreelError {
  const kept = cause && { cause: Object.assign(new Error(cause.message), pick(cause)) };
  return Object.assign(new CreelError(code, message, { retryable, ...kept }), fields);
}

function primaryCode(cause: unknown): number | undefined {
  const { errcode } = Object(cause) as { errcode?: unknown };
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

function pick({ errcode, code }: { errcode?: number; code?: string }) {
  return { ...(errcode === undefined ? {} : { errcode }), ...(code === undefined ? {} : { code }) };
}
