/** The packed package in Node: it runs, its types compile, importing it does nothing, it is whole. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Project } from "./project.js";

test("a fresh Node project keeps a store in memory and in a host of its own", async () => {
  const project = await Project.make("node");
  const printed = await project.run(process.execPath, "main.js", "store.json");
  assert.match(printed, /the package works in Node/);
});

test("the entry with the module inside is the same package", async () => {
  const project = await Project.make("node");
  const printed = await project.run(process.execPath, "inline.js");
  assert.match(printed, /the module inside works in Node/);
});

test("importing any entry touches no global and makes none", async () => {
  const project = await Project.make("node");
  const printed = await project.run(process.execPath, "untouched.js");
  const { touched, added, entries, caught } = JSON.parse(printed);
  assert.deepEqual({ touched, added }, { touched: [], added: [] });
  assert.deepEqual(caught, ["navigator"]);
  assert.ok(entries.includes(".") && entries.includes("./inline"), entries.join());
});

test("a strict TypeScript project compiles against the package's types", async () => {
  const project = await Project.make("node");
  await project.run(process.execPath, "node_modules/typescript/bin/tsc");
});

test("the package brings its licenses and one file of WebAssembly", async () => {
  const { directory } = await Project.make("node");
  const files = await readdir(join(directory, "node_modules/creel"), { recursive: true });
  const named = (pattern: RegExp) => files.filter((file) => pattern.test(file)).sort();
  assert.deepEqual(named(/LICENSE/), ["LICENSE-APACHE", "LICENSE-MIT"]);
  assert.deepEqual(named(/\.wasm$/), ["wasm/creel_bg.wasm"]);
});
