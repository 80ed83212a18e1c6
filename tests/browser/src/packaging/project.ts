/**
 * Throw-away projects that never saw the repository: copied out of it, with the packages of their
 * lock file and the packed Creel installed.
 *
 * They lie below cargo's target directory, where installed packages are kept from run to run; Creel
 * and the project's own files are new each time.
 */

import { execFile, spawn } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { packagingDirectory, tarball } from "../places.js";

const execute = promisify(execFile);
const repository = join(import.meta.dirname, "../../../..");
const packaging = join(repository, "tests/packaging");

/** Quiet, and without what a test must not depend on. */
const environment = {
  ...process.env,
  NO_COLOR: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  PARCEL_WORKER_BACKEND: "threads",
};

export class Project {
  /** Where its files are. */
  readonly directory: string;

  static readonly #made = new Map<string, Promise<Project>>();

  /** Makes the project of a directory of `tests/packaging`, once for the tests of a file. */
  static make(name: string): Promise<Project> {
    const made = Project.#made.get(name) ?? Project.#make(name, join(packaging, name), true);
    Project.#made.set(name, made);
    return made;
  }

  /** Makes the project of a directory of `examples`. */
  static example(name: string): Promise<Project> {
    return Project.#make(`example-${name}`, join(repository, "examples", name), false);
  }

  static async #make(name: string, source: string, hasApp: boolean): Promise<Project> {
    const directory = join(packagingDirectory(), name);
    await mkdir(directory, { recursive: true });
    for (const entry of await readdir(directory)) {
      if (entry !== "node_modules") await rm(join(directory, entry), { recursive: true });
    }
    // Who works on a project has installed packages and built it where it is.
    const filter = (file: string) => !/node_modules|dist$/.test(file.slice(source.length));
    const app = join(packaging, "app");
    if (hasApp) await cp(app, join(directory, "src"), { recursive: true });
    await cp(source, directory, { recursive: true, filter });
    const project = new Project(directory);
    await project.#install();
    return project;
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Says how the project gets Creel, from the next build on: from an entry of the package. */
  async importFrom(entry: string): Promise<void> {
    const text = `export { Creel } from "${entry}";\nexport const options = {};\n`;
    await writeFile(join(this.directory, "src/creel.js"), text);
  }

  /** Runs a program of the project to its end and returns what it printed; fails with all of it. */
  async run(program: string, ...args: string[]): Promise<string> {
    try {
      const options = { cwd: this.directory, env: environment, maxBuffer: 1 << 26 };
      return (await execute(program, args, options)).stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      // npm goes on with pages of usage.
      const said = `${stdout}${stderr}`.slice(0, 4000);
      throw new Error(`${program} ${args.join(" ")} failed:\n${said}`);
    }
  }

  /** Runs the build of the project and returns the names of the files that it makes in a directory. */
  async build(output: string): Promise<string[]> {
    await rm(join(this.directory, output), { recursive: true, force: true });
    await this.run("npm", "run", "--silent", "build");
    return (await readdir(join(this.directory, output), { recursive: true })).sort();
  }

  /** Starts a server of the project's own, which prints its address, and returns that. */
  async serve(t: TestContext, program: string, ...args: string[]): Promise<string> {
    const server = spawn(join(this.directory, "node_modules/.bin", program), args, {
      cwd: this.directory,
      env: environment,
    });
    t.after(() => server.kill());
    return new Promise((resolve, reject) => {
      let output = "";
      const listen = (chunk: Buffer) => {
        output += chunk;
        const address = output.match(/http:\/\/(127\.0\.0\.1|localhost):\d+/)?.[0];
        if (address) resolve(`${address}/`);
      };
      server.stdout.on("data", listen);
      server.stderr.on("data", listen);
      server.on("exit", () => reject(new Error(`${program} ended: ${output}`)));
    });
  }

  async #install(): Promise<void> {
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const installed = join(this.directory, "node_modules/.creel-lock");
    const lock = await readFile(join(this.directory, "package-lock.json"), "utf8");
    const before = await readFile(installed, "utf8").catch(() => undefined);
    if (before !== lock) {
      await this.run("npm", "ci", "--prefer-offline", ...quiet);
      await mkdir(join(this.directory, "node_modules"), { recursive: true });
      await writeFile(installed, lock);
    }
    // npm keeps an installed package of the same version even when the tarball has changed.
    await rm(join(this.directory, "node_modules/creel"), { recursive: true, force: true });
    const keep = ["--no-save", "--no-package-lock", "--prefer-offline"];
    await this.run("npm", "install", ...keep, ...quiet, tarball());
  }
}
