/** The packed package under Next.js: rendered on the server, used in the browser and on the server. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Project } from "./project.js";
import { Visitor } from "./visitor.js";

test("Next.js renders a page that imports it, and the page keeps a store", async (t) => {
  const project = await Project.make("next");
  await project.run("npm", "run", "--silent", "build");
  const address = await project.serve(t, "next", "start", "--hostname", "127.0.0.1", "--port", "0");
  const rendered = await (await fetch(address)).text();
  assert.match(rendered, /<h1>Creel under Next\.js<\/h1>/);
  const visitor = await Visitor.start(t);
  await visitor.play(address);
  assert.deepEqual(await (await fetch(`${address}count`)).json(), { threads: 1 });
});
