/** Exports trees of threads as text, and imports what was exported; the core reads and writes it. */

import type { ImportProgress, ImportReport } from "../wasm/creel.js";
import type { Caller } from "./calls.js";
import { pieces } from "./pieces.js";

/**
 * What `creel.import` reads: a text, lines, a file, or a text in pieces that are cut anywhere, such as
 * what `creel.export` gives.
 */
export type ImportSource = string | Iterable<string> | Blob | AsyncIterable<string>;

/** Says which ids imported threads get, and who hears how far the import is. */
export interface ImportTreesOptions {
  /** Gives new ids, so that the trees come in beside those that are there already. */
  newIds?: boolean;
  /** Is called after every piece; `totalBytes` is 0 where the source does not tell its size. */
  onProgress?: (progress: ImportProgress) => void;
}

/** Exports a thread with everything below it, or every tree. */
export async function* exportTrees(
  session: Caller,
  id: string | undefined,
): AsyncGenerator<string, void, undefined> {
  const trees = await session.call((store) => store.export(id));
  try {
    for (;;) {
      const text = await session.call(() => trees.next());
      if (text === undefined) return;
      yield text;
    }
  } finally {
    if (session.alive) trees.free();
  }
}

/** Imports what was exported. */
export async function importTrees(
  session: Caller,
  source: ImportSource,
  { newIds = false, onProgress }: ImportTreesOptions,
): Promise<ImportReport> {
  const blob = source instanceof Blob ? source : undefined;
  const name = blob && "name" in blob ? String(blob.name) : "import";
  const trees = await session.call((store) => store.importTrees(newIds, name));
  try {
    for await (const piece of blob
      ? pieces(blob)
      : encoded(source as Exclude<ImportSource, Blob>)) {
      const progress = await session.call(() => trees.feed(piece));
      onProgress?.({ ...progress, totalBytes: blob?.size ?? 0 });
    }
    return await session.call(() => trees.finish());
  } finally {
    if (session.alive) trees.free();
  }
}

async function* encoded(
  source: string | Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  if (typeof source === "string") {
    yield encoder.encode(source);
  } else if (Symbol.asyncIterator in source) {
    // A character of two halves may be cut between them.
    let half = "";
    for await (const piece of source) {
      const text = half + piece;
      const whole = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
      half = text.slice(whole);
      yield encoder.encode(text.slice(0, whole));
    }
    yield encoder.encode(half);
  } else {
    for (const line of source) yield encoder.encode(line.endsWith("\n") ? line : `${line}\n`);
  }
}
