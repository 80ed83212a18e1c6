/**
 * The tarball in projects that never saw the repository: a fresh Node project, and a fresh Vite
 * project whose page appends, reloads and deletes, from the development server and from a build.
 */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { Browser } from "./browser.js";
import { installedPackage, tarball } from "./places.js";

const run = promisify(execFile);

/** Copies a project out of the repository and installs its packages and the tarball. */
async function project(t: TestContext, name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `creel-${name}-`));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  await cp(join(import.meta.dirname, "../../packaging", name), directory, { recursive: true });
  const flags = [
    "--no-package-lock",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
  ];
  await run("npm", ["install", ...flags, tarball()], { cwd: directory });
  return directory;
}

test("a fresh Node project keeps a store in memory and in a host of its own", async (t) => {
  const directory = await project(t, "node");
  const { stdout } = await run(process.execPath, ["main.js", join(directory, "store.json")], {
    cwd: directory,
  });
  assert.match(stdout, /the package works in Node/);
});

test("the package brings its licenses", async () => {
  const files = await readdir(installedPackage());
  assert.deepEqual(
    files.filter((file) => file.startsWith("LICENSE")),
    ["LICENSE-APACHE", "LICENSE-MIT"],
  );
});

test("a strict TypeScript project compiles against the package's types", async (t) => {
  const directory = await project(t, "node");
  await run(process.execPath, ["node_modules/typescript/bin/tsc"], { cwd: directory }).catch(
    (error) => assert.fail(error.stdout),
  );
});

test("a fresh Vite project works from a build and from the development server", async (t) => {
  const directory = await project(t, "vite");
  const vite = join(directory, "node_modules/.bin/vite");
  await run(vite, ["build"], { cwd: directory });
  await appendReloadDelete(t, await serve(t, vite, ["preview"], directory));
  await appendReloadDelete(t, await serve(t, vite, [], directory));
});

async function appendReloadDelete(t: TestContext, address: string): Promise<void> {
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.open(address);
  const shows = async (state: string) => {
    const settled = page.locator("#state", { hasText: /^(\d|failed)/ });
    await settled.waitFor({ timeout: 20_000 });
    await page
      .locator("#state", { hasText: state })
      .waitFor({ timeout: 10_000 })
      .catch(() => {});
    assert.equal(await page.locator("#state").textContent(), state);
  };
  await shows("0 threads, 0 items");
  await page.click("#append");
  await shows("1 threads, 1 items");
  await page.click("#append");
  await shows("1 threads, 2 items");
  await page.reload();
  await shows("1 threads, 2 items");
  assert.deepEqual(await page.locator("li").allTextContents(), ["item 0", "item 1"]);
  await page.click("#delete");
  await shows("0 threads, 0 items");
  await page.reload();
  await shows("0 threads, 0 items");
}

/** Starts a server of Vite's and returns its address. */
async function serve(
  t: TestContext,
  vite: string,
  command: string[],
  cwd: string,
): Promise<string> {
  const server = spawn(vite, [...command, "--host", "127.0.0.1", "--port", "0"], {
    cwd,
    env: { ...process.env, NO_COLOR: "1" },
  });
  t.after(() => server.kill());
  return new Promise((resolve, reject) => {
    let output = "";
    const listen = (chunk: Buffer) => {
      output += chunk;
      const address = output.match(/http:\/\/127\.0\.0\.1:\d+\//)?.[0];
      if (address) resolve(address);
    };
    server.stdout.on("data", listen);
    server.stderr.on("data", listen);
    server.on("exit", () => reject(new Error(`vite ended: ${output}`)));
  });
}
