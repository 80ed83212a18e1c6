/** Exports and imports of trees, in every shape that a text can come in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Creel, type CreelError, type ImportProgress, type ImportSource } from "creel";

async function filled(creel: Creel): Promise<string> {
  const root = await creel.threads.create({ name: "Fix the build 🦀" });
  await root.append(Array.from({ length: 2500 }, (_, n) => ({ role: "user", content: `🦀 ${n}` })));
  const child = await root.spawn({ agentNickname: "log reader" });
  await child.append([{ role: "user", content: "Read the logs" }]);
  await creel.threads.create({ name: "Other" });
  return root.id;
}

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
}

test("what is exported comes back the same, whatever the shape of the text", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await filled(creel);
  const all = await text(creel.export());
  const lines = all.trimEnd().split("\n");
  const sources: [string, () => ImportSource][] = [
    ["text", () => all],
    ["lines", () => lines],
    ["blob", () => new Blob([all])],
    ["file", () => new File([all], "export.jsonl")],
    ["export", () => creel.export()],
    ["pieces", () => cut(all, 7919)],
  ];
  for (const [shape, source] of sources) {
    await using other = await Creel.open({ storage: "memory" });
    const progress: ImportProgress[] = [];
    const report = await other.import(source(), { onProgress: (step) => progress.push(step) });
    assert.deepEqual([report.threads, report.items, report.problems], [3, 2501, []], shape);
    assert.equal(await text(other.export()), all, shape);
    assert.equal(progress.at(-1)?.items, 2501, shape);
    assert.equal((await other.threads.children(root)).length, 1, shape);
  }
});

test("one tree goes out alone and comes in again beside itself", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await filled(creel);
  const tree = await text(creel.export(root));
  const again = await creel.import(tree);
  assert.deepEqual([again.threads, again.problemCount], [0, 1]);
  const beside = await creel.import(tree, { newIds: true });
  assert.deepEqual([beside.threads, beside.problemCount], [2, 0]);
  assert.equal(creel.threads && (await creel.stats()).threads, 5);
});

test("what is no export, and a thread that is not there, are errors", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  for (const source of ["{}", "nonsense", ""]) {
    await assert.rejects(
      creel.import(source),
      (error: CreelError) => error.code === "invalid_field",
    );
  }
  const missing = text(creel.export("0199a213-81c0-7800-8aa1-bbab2a035a53"));
  await assert.rejects(missing, (error: CreelError) => error.code === "thread_not_found");
});

test("an export that nobody reads to its end, and one of a closed store, are let go", async () => {
  const creel = await Creel.open({ storage: "memory" });
  await filled(creel);
  for await (const piece of creel.export()) {
    assert.ok(piece.startsWith('{"creelExport":1}\n'));
    break;
  }
  const left = creel.export()[Symbol.asyncIterator]();
  await left.next();
  await creel.close();
  await assert.rejects(left.next(), (error: CreelError) => error.code === "closed");
});
