/** Items as lines of JSON, in batches that one append takes. */

import { CreelError } from "../errors.js";

/** Half of what an append takes, so that nobody counts bytes where characters are known. */
const MAX_ITEMS = 5_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * Writes items as JSON, one a line.
 *
 * @throws {CreelError} `invalid_item` for what JSON can't carry, binary data above all.
 */
export function toLines(field: string, items: readonly object[]): string[] {
  return items.map((item, index) => {
    try {
      const line = JSON.stringify(item, refuseBytes);
      if (line?.startsWith("{")) return line;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CreelError("invalid_item", `${field}[${index}]: ${reason}`, { cause });
    }
    throw new CreelError("invalid_item", `${field}[${index}]: it is no JSON object`);
  });
}

/** Joins lines to texts that one append takes each; nearly always there is one. */
export function* batches(lines: readonly string[]): Generator<string, void, undefined> {
  let [start, size] = [0, 0];
  for (const [index, line] of lines.entries()) {
    if (index > start && (index - start === MAX_ITEMS || size + line.length > MAX_CHARACTERS)) {
      yield lines.slice(start, index).join("\n");
      [start, size] = [index, 0];
    }
    size += line.length;
  }
  if (start < lines.length) yield lines.slice(start).join("\n");
}

function refuseBytes(key: string, value: unknown): unknown {
  if (!(ArrayBuffer.isView(value) || value instanceof ArrayBuffer)) return value;
  throw new TypeError(`${key}: it holds bytes, give them as base64 or as a data URL`);
}
