/** Where the tests find what they test: the tarball, the test build of the module, Chromium. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

type Variable = "CARGO_TARGET_DIR" | "CREEL_TARBALL" | "CREEL_TESTING_WASM" | "CHROMIUM";

const environment: Partial<Record<Variable, string>> = process.env;
const repository = join(import.meta.dirname, "../../..");
const target = environment.CARGO_TARGET_DIR ?? join(repository, "target");

/** Returns the packed package: the variable CREEL_TARBALL, or the newest below cargo's target. */
export function tarball(): string {
  const named = environment.CREEL_TARBALL;
  if (named) return existing(named, "CREEL_TARBALL names it");
  const directory = join(target, "npm");
  const packed = existsSync(directory) ? readdirSync(directory) : [];
  const age = (file: string) => statSync(file).mtimeMs;
  const files = packed
    .filter((file) => /^creel-\d.*\.tgz$/.test(file))
    .map((file) => join(directory, file))
    .sort((a, b) => age(b) - age(a));
  return existing(files[0] ?? join(directory, "creel-*.tgz"), "`cargo xtask package` makes it");
}

/** Returns the directory of the module that was built with the feature `testing`. */
export function testingModule(): string {
  const directory = environment.CREEL_TESTING_WASM ?? join(target, "creel-wasm-testing");
  existing(join(directory, "creel_bg.wasm"), "`cargo xtask test --browser` makes it");
  return directory;
}

/** Returns where throw-away projects are made. */
export function packagingDirectory(): string {
  return join(target, "packaging");
}

/** Returns the installed package, which comes from the tarball. */
export function installedPackage(): string {
  const directory = join(import.meta.dirname, "../node_modules/creel");
  return existing(directory, "`cargo xtask test --browser` installs it from the tarball");
}

/** Returns the browser: the variable CHROMIUM, or Debian's. */
export function chromiumPath(): string {
  const path = environment.CHROMIUM ?? "/usr/bin/chromium";
  return existing(path, "let the variable CHROMIUM name a Chromium or Chrome");
}

function existing(path: string, advice: string): string {
  if (!existsSync(path)) throw new Error(`${path} is missing: ${advice}`);
  return path;
}
