/** Finds and reads the files of an import; what is in them is understood by the core. */

import { CodexImport, type ImportProgress, type ImportReport } from "../wasm/creel.js";
import { pieces } from "./pieces.js";
import type { Session } from "./session.js";

/** Gives a file by its path and its text, which is read at most twice. */
export interface ImportFile {
  /** Where it lies, which tells a rollout from other files. */
  path: string;
  /** Reads it; a failure leaves the file out, and the report names it. */
  text(): Promise<string>;
}

/** Says who hears how far an import is. */
export interface ImportOptions {
  /** Is called after every piece of a `File` and after every file. */
  onProgress?: (progress: ImportProgress) => void;
}

const INDEX = /(^|[/\\])session_index\.jsonl$/;
/** The first line of a rollout is short, but for the instructions that some carry. */
const BEGINNING = 64 << 10;

/** Imports the sessions among `files` into the store of a session. */
export async function importCodex(
  session: Session,
  files: Iterable<ImportFile | File>,
  { onProgress }: ImportOptions,
): Promise<ImportReport> {
  const codex = await session.call((store) => store.importCodex());
  try {
    const rollouts = new Map<string, ImportFile | File>();
    for (const file of files) {
      const path = pathOf(file);
      if (INDEX.test(path)) {
        const text = await bytes(file);
        await session.call(() => codex.index(path, text));
      } else if (await session.call(() => CodexImport.isRollout(path))) {
        await announce(session, codex, path, file, rollouts);
      } else if (path.endsWith(".jsonl.zst")) {
        const reason = "compressed rollouts are read by the command `creel` alone";
        await session.call(() => codex.unreadable(path, reason));
      }
    }
    for (const path of await session.call(() => codex.order())) {
      const file = rollouts.get(path);
      if (!file || !(await session.call(() => codex.begin(path)))) continue;
      await feed(session, codex, file, onProgress);
      const progress = await session.call(() => codex.end());
      onProgress?.(progress);
    }
    return await session.call(() => codex.finish());
  } finally {
    if (session.alive) codex.free();
  }
}

/** Gives a file; one that can't be read to its end is left out. */
async function feed(
  session: Session,
  codex: CodexImport,
  file: ImportFile | File,
  onProgress: ImportOptions["onProgress"],
): Promise<void> {
  const text = "path" in file ? whole(file) : pieces(file);
  for (;;) {
    let piece: IteratorResult<Uint8Array, void>;
    try {
      piece = await text.next();
    } catch (error) {
      return session.call(() => codex.giveUp(String(error)));
    }
    if (piece.done) return;
    const bytes = piece.value;
    const progress = await session.call(() => codex.feed(bytes));
    if (!("path" in file) && progress.bytes < progress.totalBytes) onProgress?.(progress);
  }
}

async function* whole(file: ImportFile): AsyncGenerator<Uint8Array, void, undefined> {
  yield await bytes(file);
}

async function announce(
  session: Session,
  codex: CodexImport,
  path: string,
  file: ImportFile | File,
  rollouts: Map<string, ImportFile | File>,
): Promise<void> {
  try {
    const [size, beginning] = await begin(file);
    rollouts.set(path, file);
    await session.call(() => codex.announce(path, size, beginning));
  } catch (error) {
    if (!session.alive) throw error;
    await session.call(() => codex.unreadable(path, String(error)));
  }
}

async function begin(file: ImportFile | File): Promise<[size: number, beginning: Uint8Array]> {
  if ("path" in file) {
    const text = await bytes(file);
    return [text.length, text];
  }
  for (let length = BEGINNING; ; length *= 4) {
    const beginning = new Uint8Array(await file.slice(0, length).arrayBuffer());
    if (length >= file.size || beginning.includes(10)) return [file.size, beginning];
  }
}

async function bytes(file: ImportFile | File): Promise<Uint8Array> {
  if ("path" in file) return new TextEncoder().encode(await file.text());
  return new Uint8Array(await file.arrayBuffer());
}

function pathOf(file: ImportFile | File): string {
  return "path" in file ? file.path : file.webkitRelativePath || file.name;
}
