/** The one error of the package: a stable code each, whether trying again helps, and the cause. */

import type { ErrorCode } from "./error-codes.js";

/**
 * Reports a failed call; unless its code says otherwise, nothing was written.
 *
 * Codes never change their meaning: `thread_not_found`, `thread_deleted`, `invalid_item`,
 * `quota_exceeded`, … A host of your own throws it with the codes that `StorageHost` names.
 */
export class CreelError extends Error {
  override readonly name = "CreelError";
  /** The stable machine code; any text of a host of your own may be one too. */
  readonly code: ErrorCode | (string & {});
  /** Whether the same call may succeed later without the caller changing anything. */
  readonly retryable: boolean;
  /** The JSON-RPC code, of errors of `Creel.request` alone. */
  readonly rpcCode: number | undefined;

  /** Makes an error; `retryable` is false unless given. */
  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; cause?: unknown; rpcCode?: number | undefined } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.rpcCode = options.rpcCode;
    this.retryable = options.retryable ?? false;
  }
}
