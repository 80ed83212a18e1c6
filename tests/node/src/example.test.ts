/** The example for Node: its commands, one process each, on one store. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { place, REPOSITORY } from "./places.js";

test("an agent on the command line keeps its threads and deletes a tree of them", (t) => {
  // Here it finds the packed package.
  const main = join(import.meta.dirname, "example.js");
  copyFileSync(join(REPOSITORY, "examples/node/main.js"), main);
  const environment = { ...process.env, STORE: place(t) };
  const run = (...words: string[]) => {
    const options = { encoding: "utf8", env: environment } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], options);
    return { status, lines: stdout.trim().split("\n"), stderr: stderr.trim() };
  };

  const [id = ""] = run("ask", "Why is CI red?").lines;
  assert.deepEqual(run("ask", "And now?", id).lines, [id]);
  assert.deepEqual(run("show", id).lines, [
    "user: Why is CI red?",
    "assistant: A helper has looked into it.",
    "user: And now?",
    "assistant: A helper has looked into it.",
  ]);
  const listed = run("list").lines.map((line) => line.replace(/[0-9a-f-]{36}/, "ID"));
  const helper = "  ID  helper  1 items";
  assert.deepEqual(listed, ["ID  Why is CI red?  4 items", helper, helper]);

  assert.deepEqual(run("delete", id).lines, ["3 threads and 6 items are gone"]);
  assert.deepEqual(run("list").lines, [""]);
  const late = run("ask", "Too late?", id);
  assert.equal(late.status, 1);
  assert.match(late.stderr, /^thread_deleted: /m);
  assert.equal(run("forget").status, 2);
});
