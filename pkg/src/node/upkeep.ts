/** What keeps the files of a store in shape beside its commits: the reserve and the log's file. */

import { randomFillSync } from "node:crypto";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { FILE_NAME, WAL_KEPT } from "./schema.js";

/** The reserve's size in bytes. */
const RESERVE_SIZE = 1 << 20;

/** Space that a full disk still has for a deletion: a file of noise, which no file system packs. */
export class Reserve {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, "creel.reserve");
  }

  /** Makes the file if it is absent; only a full disk throws, since a store works without. */
  fill(): void {
    if (existsSync(this.#path)) return;
    try {
      const file = openSync(this.#path, "wx", 0o600);
      try {
        writeSync(file, randomFillSync(new Uint8Array(RESERVE_SIZE)));
        fsyncSync(file);
        // A file system may take a part and say nothing.
        if (statSync(this.#path).size < RESERVE_SIZE) throw noSpace();
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      if ((cause as { code?: string }).code !== "ENOSPC") return;
      this.release();
      throw cause;
    }
  }

  /** Gives the space back to the disk, if it was not yet. */
  release(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // What can't be removed is no reserve; the commit fails with its own error.
    }
  }
}

/** The write-ahead log's file. */
export class Log {
  readonly name = `${FILE_NAME}-wal`;
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, this.name);
  }

  /** Whether it has outgrown what is kept of it. */
  get long(): boolean {
    return (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) > WAL_KEPT;
  }

  /** Syncs it, for a strict commit that changed nothing and so wrote nothing to it. */
  sync(): void {
    // Whatever there was is in the database, which checkpoints sync.
    if (!existsSync(this.#path)) return;
    const file = openSync(this.#path, "r+");
    try {
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

function noSpace(): Error {
  return Object.assign(new Error("no space left for the reserve"), { code: "ENOSPC" });
}
