/**
 * Ids of threads for what other kits call their conversations: any text, in a scope of its own.
 *
 * A thread's id is derived from the other one, so that two processes which store the same
 * conversation for the first time agree on its thread without asking each other.
 */

import { CreelError } from "../errors.js";

/** Matches a UUID as Creel writes it; any other spelling is just a text. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Derives a version 8 UUID from texts, the same for the same ones.
 *
 * @throws {CreelError} `invalid_field` where there is no `crypto.subtle`, as on plain `http:` pages.
 */
export async function derivedId(field: string, ...texts: string[]): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    const reason = "other ids than UUIDs need crypto.subtle, which only secure contexts have";
    throw new CreelError("invalid_field", `${field}: ${reason}`);
  }
  const text = new TextEncoder().encode(JSON.stringify(texts));
  return spelled(new Uint8Array(await subtle.digest("SHA-256", text)), 8);
}

/** Returns the id of the thread that another kit knows by `id`: a UUID stays what it is. */
export async function threadId(field: string, scope: string, id: string): Promise<string> {
  return UUID.test(id) ? id : derivedId(field, scope, id);
}

/** Makes a random version 4 UUID, also where `crypto.randomUUID` is kept from a page. */
export function randomId(): string {
  return spelled(crypto.getRandomValues(new Uint8Array(16)), 4);
}

/** Refuses what is no text, or an empty one. */
export function checkedText(field: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  const given = typeof value === "string" ? '""' : String(value);
  throw new CreelError(
    "invalid_field",
    `${field}: it must be a text that is not empty, not ${given}`,
  );
}

/** Tells whether a call failed because its thread is not there, or not any more. */
export function isGone(error: unknown): boolean {
  return isCode(error, "thread_not_found") || isCode(error, "thread_deleted");
}

/** Tells whether a call failed with a code; the store may be of another copy of the package. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function spelled(bytes: Uint8Array, version: number): string {
  const digits = Array.from(bytes.subarray(0, 16), (byte, index) => {
    if (index === 6) return (version << 4) | (byte & 0x0f);
    return index === 8 ? 0x80 | (byte & 0x3f) : byte;
  }).map((byte) => byte.toString(16).padStart(2, "0"));
  const parts = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8), digits.slice(8, 10)];
  return [...parts, digits.slice(10)].map((part) => part.join("")).join("-");
}
