// Writes the bundled sample from its story: rollouts as Codex writes them, and the index of their names.
// Run it with `npm run sample` after a change of the story; what it writes is committed.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { THREADS } from "./story.mjs";

const OUT = join(import.meta.dirname, "../public/sample");
const MODEL = "gpt-5-codex";
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

const files = [];
let shade = 7;

/** Seconds until the next line: uneven, as work is, and the same in every run. */
function pause() {
  shade = (shade * 16_807) % 2_147_483_647;
  return 2000 + (shade % 14_000);
}

function writeThread(thread, parent, depth, start, session) {
  const lines = [];
  let at = start;
  let tokens = 3200;
  let turn = 0;
  let call = 0;
  const line = (type, payload) => {
    lines.push(JSON.stringify({ timestamp: new Date(at).toISOString(), type, payload }));
  };
  const message = (role, text) =>
    line("response_item", {
      type: "message",
      role,
      content: [{ type: role === "user" ? "input_text" : "output_text", text }],
    });
  const endTurn = (last) => {
    if (turn === 0) return;
    const usage = { input_tokens: tokens, output_tokens: Math.round(tokens / 9) };
    const total = { ...usage, total_tokens: usage.input_tokens + usage.output_tokens };
    line("event_msg", {
      type: "token_count",
      info: { total_token_usage: total, model_context_window: 272_000 },
    });
    line("event_msg", {
      type: "task_complete",
      turn_id: `${thread.id.slice(0, 8)}-${turn}`,
      last_agent_message: last,
    });
  };

  const spawn = parent && {
    subagent: {
      thread_spawn: {
        parent_thread_id: parent,
        depth,
        agent_nickname: thread.nickname,
        agent_role: thread.role,
        agent_path: null,
      },
    },
  };
  line("session_meta", {
    session_id: session,
    id: thread.id,
    timestamp: new Date(at).toISOString(),
    cwd: thread.cwd,
    originator: "codex_cli",
    cli_version: "0.169.0",
    source: spawn ?? "cli",
    model_provider: "openai",
    git: {
      commit_hash: "f02d9b1c5a7e4482b6d0",
      branch: thread.branch,
      repository_url: "https://example.com/ferry.git",
    },
    ...(parent && { parent_thread_id: parent }),
  });

  let last = null;
  for (const step of thread.steps) {
    at += pause();
    tokens += 900;
    if (step.user) {
      endTurn(last);
      turn += 1;
      line("event_msg", {
        type: "task_started",
        turn_id: `${thread.id.slice(0, 8)}-${turn}`,
        model_context_window: 272_000,
      });
      line("turn_context", {
        turn_id: `${thread.id.slice(0, 8)}-${turn}`,
        cwd: thread.cwd,
        model: MODEL,
        approval_policy: "on-request",
      });
      message("user", step.user);
      line("event_msg", { type: "user_message", message: step.user, kind: "plain" });
    } else if (step.says) {
      last = step.says;
      message("assistant", step.says);
      line("event_msg", { type: "agent_message", message: step.says });
    } else if (step.thinks) {
      line("response_item", {
        type: "reasoning",
        summary: [{ type: "summary_text", text: step.thinks }],
        encrypted_content: null,
      });
    } else if (step.command) {
      call += 1;
      const id = `call_${thread.id.slice(0, 8)}_${call}`;
      line("response_item", {
        type: "function_call",
        name: "shell",
        arguments: JSON.stringify({ command: ["bash", "-lc", step.command] }),
        call_id: id,
      });
      at += pause();
      line("response_item", { type: "function_call_output", call_id: id, output: step.output });
    } else if (step.spawns) {
      call += 1;
      const id = `call_${thread.id.slice(0, 8)}_${call}`;
      const task = step.spawns.steps[0].user;
      line("response_item", {
        type: "function_call",
        name: "spawn_agent",
        arguments: JSON.stringify({ message: task, agent_type: step.spawns.role }),
        call_id: id,
      });
      const child = { cwd: thread.cwd, branch: thread.branch, ...step.spawns };
      at = writeThread(child, thread.id, depth + 1, at + 900, session);
      line("response_item", {
        type: "function_call_output",
        call_id: id,
        output: JSON.stringify({ agent_id: child.id, nickname: child.nickname }),
      });
    }
  }
  at += 1200;
  endTurn(last);

  const stamp = new Date(start).toISOString().slice(0, 19).replaceAll(":", "-");
  const name = `rollout-${stamp}-${thread.id}.jsonl`;
  writeFileSync(join(OUT, name), `${lines.join("\n")}\n`);
  files.push({ name, lines: lines.length });
  return at;
}

for (const thread of THREADS) writeThread(thread, null, 0, Date.parse(thread.start), thread.id);

const names = THREADS.map(({ id, name, start }) =>
  JSON.stringify({ id, thread_name: name, updated_at: start }),
);
writeFileSync(join(OUT, "session_index.jsonl"), `${names.join("\n")}\n`);
const list = [...files.map(({ name }) => name).sort(), "session_index.jsonl"];
writeFileSync(join(OUT, "files.json"), `${JSON.stringify(list, null, 2)}\n`);
console.log(`${files.length} threads, ${files.reduce((sum, file) => sum + file.lines, 0)} items`);
