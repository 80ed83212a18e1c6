/** Finds and reads the files of an import; what is in them is understood by the core. */

import { CodexImport, type ImportProgress, type ImportReport } from "../wasm/creel.js";
import type { Session } from "./session.js";

/** Gives a file by its path and its text, which is read at most twice. */
export interface ImportFile {
  path: string;
  text(): Promise<string>;
}

/** Says who hears how far an import is. */
export interface ImportOptions {
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
      }
    }
    for (const path of await session.call(() => codex.order())) {
      const file = rollouts.get(path);
      if (!file) continue;
      const text = await bytes(file);
      const progress = await session.call(() => codex.rollout(path, text));
      onProgress?.(progress);
    }
    return await session.call(() => codex.finish());
  } finally {
    if (session.alive) codex.free();
  }
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
