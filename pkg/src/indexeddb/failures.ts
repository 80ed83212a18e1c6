/** What IndexedDB reports, in the codes of a storage host. */

import { CreelError } from "../errors.js";

/** Failures of the connection or the machine rather than of the call. */
const PASSING = ["AbortError", "InvalidStateError", "TimeoutError", "UnknownError"];

/** Translates what a request, a transaction or a call threw. */
export function failure(cause: unknown): CreelError {
  if (cause instanceof CreelError) return cause;
  const { name, message } = described(cause);
  if (name === "QuotaExceededError" || isFullDisk(name, message)) {
    return new CreelError("quota_exceeded", "the browser's storage is full", { cause });
  }
  if (name === "SecurityError") return unavailable("this page may not use IndexedDB", cause);
  const reason = message ? `${name}: ${message}` : name;
  return new CreelError("storage_unavailable", `IndexedDB failed: ${reason}`, {
    retryable: PASSING.includes(name),
    cause,
  });
}

/** Says that there is no IndexedDB for whoever asks, as in a frame without an origin, and what to do. */
export function unavailable(reason: string, cause?: unknown): CreelError {
  const message = `${reason}: give \`storage: "memory"\` or a host of your own`;
  return new CreelError("storage_unavailable", message, cause === undefined ? {} : { cause });
}

/** Tells whether the connection is gone, or did not come about, so that a new one may serve. */
export function isDisconnect(cause: unknown): boolean {
  if (cause instanceof CreelError) return cause.code === "storage_unavailable" && cause.retryable;
  return ["AbortError", "InvalidStateError", "UnknownError"].includes(described(cause).name);
}

/**
 * Chromium counts no bytes when the disk itself is full: LevelDB then fails to append to its log, or
 * to write a large value to a file of its own, of which it says only that. What a call refuses to
 * be given has the same name, and names the call.
 */
function isFullDisk(name: string, message: string): boolean {
  if (name === "DataError") return !message.startsWith("Failed to execute");
  return /NO_SPACE|disk (is )?full/i.test(message);
}

function described(cause: unknown): { name: string; message: string } {
  // A transaction that the browser ended by itself may carry no error at all.
  if (!(cause instanceof Error || cause instanceof DOMException)) {
    return { name: "AbortError", message: "" };
  }
  return cause;
}
