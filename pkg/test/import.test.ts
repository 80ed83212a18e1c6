/** An import of Codex sessions from given texts, and of the sample when it is at hand. */

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Creel, type ImportProgress } from "creel";

const ROOT = "0199a213-81c0-7800-8aa1-bbab2a035a53";
const CHILD = "0199a213-81c0-7800-8aa1-bbab2a035a54";

function rollout(
  id: string,
  meta: object,
  lines: number,
): { path: string; text(): Promise<string> } {
  const timestamp = "2026-01-02T03:04:05.000Z";
  const first = {
    timestamp,
    type: "session_meta",
    payload: { id, timestamp, cwd: "/repo", ...meta },
  };
  const rest = Array.from({ length: lines }, (_, n) => ({
    timestamp,
    type: "event_msg",
    payload: { type: "user_message", message: `message ${n}` },
  }));
  const text = [first, ...rest].map((line) => JSON.stringify(line)).join("\n");
  return {
    path: `sessions/2026/01/02/rollout-2026-01-02T03-04-05-${id}.jsonl`,
    text: async () => text,
  };
}

test("rollouts become a tree, and again they bring nothing", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const spawned = { subagent: { thread_spawn: { parent_thread_id: ROOT, depth: 1 } } };
  const files = [
    rollout(CHILD, { source: spawned }, 2),
    rollout(ROOT, { source: "cli" }, 3),
    { path: "session_index.jsonl", text: async () => `{"id":"${ROOT}","thread_name":"Named"}\n` },
    { path: "notes.txt", text: async () => "not a rollout" },
  ];
  const progress: ImportProgress[] = [];
  const report = await creel.importCodex(files, { onProgress: (step) => progress.push(step) });
  assert.deepEqual([report.files, report.threads, report.items], [2, 2, 7]);
  assert.deepEqual(
    progress.map(({ files, totalFiles }) => [files, totalFiles]),
    [
      [1, 2],
      [2, 2],
    ],
  );
  const root = await creel.threads.read(ROOT);
  assert.deepEqual([root.name, root.items, root.preview], ["Named", 4, "message 0"]);
  assert.equal((await creel.threads.read(CHILD)).parentThreadId, ROOT);
  const again = await creel.importCodex(files);
  assert.deepEqual([again.threads, again.items, again.skipped], [0, 0, 2]);
});

const sample = join(import.meta.dirname, "../../../../shared/samples/codex-home");

test("the sample brings 8 threads", {
  skip: existsSync(sample) ? false : "no sample here",
}, async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const entries = readdirSync(sample, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, text: () => readFile(path, "utf8") };
    });
  const report = await creel.importCodex(files);
  assert.deepEqual([report.threads, report.archived], [8, 1]);
});
