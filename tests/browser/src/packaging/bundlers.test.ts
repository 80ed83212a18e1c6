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

/** Parcel is set not to share code: of modules that two workers share, its 2.16 drops some. */
const BUNDLERS = ["vite", "webpack", "rspack", "rollup", "esbuild", "parcel"];

for (const name of BUNDLERS) {
  test(`${name}: a build keeps a store in a page, a worker and a shared worker`, async (t) => {
    const project = await Project.make(name);
    const built = await project.build("dist");
    const modules = built.filter((file) => file.endsWith(".wasm"));
    assert.equal(modules.length, 1, `one file of the module, not ${modules}`);
    const address = await serve(t, project, "dist");
    const visitor = await Visitor.start(t);
    for (const place of PLACES) await visitor.play(address + place);
  });
}

for (const name of ["vite", "vite7"]) {
  test(`${name}: the development server needs no configuration`, async (t) => {
    const project = await Project.make(name);
    const address = await project.serve(t, "vite", "--host", "127.0.0.1", "--port", "0");
    const visitor = await Visitor.start(t);
    for (const place of PLACES) await visitor.play(address + place);
  });
}

for (const name of ["vite", "webpack"]) {
  test(`${name}: from \`creel/inline\`, a build has no file of the module and fetches none`, async (t) => {
    const project = await Project.make(name);
    await project.importFrom("creel/inline");
    const built = await project.build("dist");
    assert.deepEqual(
      built.filter((file) => file.endsWith(".wasm")),
      [],
    );
    const address = await serve(t, project, "dist");
    const requests = await (await Visitor.start(t)).play(address);
    assert.ok(!requests.some((request) => request.includes(".wasm")));
  });
}

test("no bundler is needed", async (t) => {
  const project = await Project.make("plain");
  const address = await serve(t, project, ".");
  const visitor = await Visitor.start(t);
  for (const place of PLACES) await visitor.play(address + place);
});

test("a module that the bundler did not emit is said to be missing, and how to mend it", async (t) => {
  const project = await Project.make("esbuild");
  await project.build("dist");
  const address = await serve(t, project, "dist", "unsaid.html");
  const visitor = await Visitor.start(t);
  const { page: tab } = await visitor.open(address);
  const advice =
    'let the bundler emit "creel/creel.wasm" and give its address as `wasm`, ' +
    'or import from "creel/inline", which fetches nothing';
  const reason = `${address}wasm/creel_bg.wasm answered 404; ${advice}`;
  await shows(tab, `failed: wasm_unavailable Creel's WebAssembly can't be loaded: ${reason}`);
});

/** Serves a directory of a project with one of its pages, and returns the address. */
async function serve(
  t: TestContext,
  project: Project,
  output: string,
  page = "index.html",
): Promise<string> {
  const directory = join(project.directory, output);
  // Those who build pages too leave theirs in the output.
  const built = await readFile(join(directory, page), "utf8").catch(() => undefined);
  const text = built ?? (await readFile(join(project.directory, page), "utf8"));
  const server = await StaticServer.start({ "": directory }, { "/": text });
  t.after(() => server.stop());
  return server.address;
}
