/** Directories that a test's stores are in, and what the tests look at from outside: files, the native program. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { CreelError } from "creel";

/** The repository. */
export const REPOSITORY = join(import.meta.dirname, "../../..");
/** The native program, which the variable CREEL names. */
export const { CREEL: BINARY } = process.env as { CREEL?: string };

/** Makes a directory that is gone with the test, and returns the place of a store in it. */
export function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "creel-node-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "store");
}

/** A disk of its own of `megabytes`, or nothing where this user may mount none. */
export function smallDisk(t: TestContext, megabytes: number): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "creel-disk-"));
  try {
    const options = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", directory];
    execFileSync("mount", options, { stdio: "ignore" });
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  t.after(() => {
    execFileSync("umount", ["-l", directory]);
    rmSync(directory, { recursive: true });
  });
  return directory;
}

/** The files below a directory that hold a text, looked for by another process. */
export function holding(directory: string, text: string): string[] {
  try {
    const found = execFileSync("grep", ["-rlaF", "-e", text, directory], { encoding: "utf8" });
    return found.trim().split("\n");
  } catch (error) {
    // Nothing was found.
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}

/** The permissions of a file. */
export function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Resolves to the `CreelError` that a call rejects with. */
export async function refused(
  call: Promise<unknown>,
): Promise<CreelError & { key?: string; found?: number; known?: number }> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof CreelError) return error;
  throw new Error(`expected a CreelError, found ${error}`);
}
