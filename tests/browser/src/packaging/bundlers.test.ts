/**
 * The packed package under every bundler, built as its users build: a page, a worker and a shared
 * worker have a store each. Where nothing is said in `tests/packaging`, nothing needs to be.
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StaticServer } from "../server.js";
import { Project } from "./project.js";
import { shows, Visitor } from "./visitor.js";

/** The places of the store, as the page's address names them. */
const PLACES = ["", "?worker", "?shared"];

/** Bundlers that leave all files in one directory: which one, and the page where they make none. */
const BUNDLERS = [
  { name: "vite", output: "dist" },
  { name: "webpack", output: "dist", page: "index.html" },
  { name: "rspack", output: "dist", page: "index.html" },
  { name: "rollup", output: "dist", page: "index.html" },
  { name: "esbuild", output: "dist", page: "index.html" },
  // Set not to share code: of modules that two workers share, its build 2.16 drops some.
  { name: "parcel", output: "dist" },
];

for (const { name, output, page } of BUNDLERS) {
  test(`${name}: a build keeps a store in a page, a worker and a shared worker`, async (t) => {
    const project = await Project.make(name);
    const built = await project.build(output);
    const modules = built.filter((file) => file.endsWith(".wasm"));
    assert.equal(modules.length, 1, `one file of the module, not ${modules}`);
    const pages = page ? { "/": await readFile(join(project.directory, page), "utf8") } : {};
    const address = await serve(t, join(project.directory, output), pages);
    const visitor = await Visitor.start(t);
    for (const place of PLACES) await visitor.play(address + place);
  });
}

test("Vite's development server needs no configuration", async (t) => {
  const project = await Project.make("vite");
  const address = await project.serve(t, "vite", "--host", "127.0.0.1", "--port", "0");
  const visitor = await Visitor.start(t);
  for (const place of PLACES) await visitor.play(address + place);
});

test("no bundler is needed", async (t) => {
  const project = await Project.make("plain");
  const address = await serve(t, project.directory);
  const visitor = await Visitor.start(t);
  for (const place of PLACES) await visitor.play(address + place);
});

test("a module that the bundler did not emit is said to be missing, and how to mend it", async (t) => {
  const project = await Project.make("esbuild");
  await project.build("dist");
  const page = await readFile(join(project.directory, "unsaid.html"), "utf8");
  const address = await serve(t, join(project.directory, "dist"), { "/": page });
  const visitor = await Visitor.start(t);
  const { page: tab } = await visitor.open(address);
  const advice =
    'let the bundler emit "creel/creel.wasm" and give its address as `wasm`, ' +
    'or import from "creel/inline", which fetches nothing';
  const reason = `${address}wasm/creel_bg.wasm answered 404; ${advice}`;
  await shows(tab, `failed: wasm_unavailable Creel's WebAssembly can't be loaded: ${reason}`);
});

/** Serves a directory, with pages that are not in it, and returns the address. */
async function serve(
  t: TestContext,
  directory: string,
  pages: Record<string, string> = {},
): Promise<string> {
  const server = await StaticServer.start({ "": directory }, pages);
  t.after(() => server.stop());
  return server.address;
}
