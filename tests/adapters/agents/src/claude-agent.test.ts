/** Queries of the Claude Agent SDK whose sessions are threads: its own program runs, the model is played. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  deleteSession,
  foldSessionSummary,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  importSessionToStore,
  listSessions,
  listSubagents,
  type Options,
  query,
  renameSession,
  type SDKMessage,
  type SessionStore,
  tagSession,
} from "@anthropic-ai/claude-agent-sdk";
import { Creel, type Thread } from "creel";
import { CreelSessionStore } from "creel/claude-agent";
import { type Asked, type Block, hasResult, playAnthropic, spoken } from "./played-anthropic.js";

/** A machine that has never seen the session: a configuration of its own, a project, a model. */
async function machine(answer: (asked: Asked) => Block[]) {
  const model = await playAnthropic(answer);
  const home = await mkdtemp(join(tmpdir(), "creel-claude-"));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, "config"),
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: "played",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  return {
    asked: model.asked,
    async ask(prompt: string, dir: string, options: Options = {}): Promise<SDKMessage[]> {
      const messages: SDKMessage[] = [];
      const asking = { cwd: dir, env, settingSources: [], maxTurns: 4, ...options };
      for await (const message of query({ prompt, options: asking })) messages.push(message);
      const result = messages.findLast(({ type }) => type === "result");
      assert.ok(result?.type === "result" && result.subtype === "success", "the query has failed");
      return messages;
    },
    env,
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function project() {
  const dir = await mkdtemp(join(tmpdir(), "creel-project-"));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

const says = (text: string): Block[] => [{ type: "text", text }];
const sessionOf = (messages: SDKMessage[]): string => {
  const id = messages.find((message) => "session_id" in message)?.session_id;
  assert.ok(id);
  return id;
};
const rootsOf = async (creel: Creel): Promise<Thread[]> =>
  (await creel.threads.list({ rootsOnly: true })).data;

/** Reads the way the SDK does; a transcript is only found by the project it belongs to. */
const projectKeyOf = (thread: Thread | undefined): string => {
  const mark = thread?.metadata?.claudeAgent as { projectKey: string };
  return mark.projectKey;
};

const DELEGATING: Options = {
  agents: { reader: { description: "Reads logs", prompt: "You read logs.", tools: ["Read"] } },
};

const delegate = (asked: Asked): Block[] => {
  const tool = asked.tools?.find(({ name }) => name === "Agent" || name === "Task");
  if (!tool || hasResult(asked) || !spoken(asked).includes("DELEGATE")) {
    return says("The linker crashes.");
  }
  const input = { description: "Read the log", prompt: "Read it.", subagent_type: "reader" };
  return [{ type: "tool_use", id: "toolu_1", name: tool.name, input }];
};

test("a session and its sub-agent are threads, and another machine goes on with them", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  await using place = await project();
  await using first = await machine(delegate);
  const sessionStore: SessionStore = new CreelSessionStore(creel, { foldSessionSummary });
  const messages = await first.ask("DELEGATE: CI is red", place.dir, {
    ...DELEGATING,
    sessionStore,
  });
  const failures = messages.filter(
    (message) => "subtype" in message && message.subtype === "mirror_error",
  );
  assert.deepEqual(failures, []);

  const [root, ...others] = await rootsOf(creel);
  assert.ok(root);
  assert.equal(others.length, 0);
  assert.deepEqual([root.preview, root.cwd], ["DELEGATE: CI is red", place.dir]);
  const [agent] = await creel.threads.children(root.id);
  assert.ok(agent);
  assert.deepEqual(
    [agent.agentRole, agent.title, agent.preview, agent.edgeStatus],
    ["reader", "Read the log", "Read it.", "closed"],
  );

  const resume = sessionOf(messages);
  const found = await listSessions({ dir: place.dir, sessionStore });
  assert.deepEqual(
    found.map(({ sessionId, firstPrompt }) => [sessionId, firstPrompt]),
    [[resume, "DELEGATE: CI is red"]],
  );
  const agents = await listSubagents(resume, { dir: place.dir, sessionStore });
  assert.equal(agents.length, 1);
  const said = await getSubagentMessages(resume, agents[0] ?? "", { dir: place.dir, sessionStore });
  assert.match(JSON.stringify(said), /The linker crashes/);

  await using second = await machine(() => says("Mended."));
  const elsewhere = new CreelSessionStore(creel);
  await second.ask("Then mend it", place.dir, { resume, sessionStore: elsewhere });
  const conversation = spoken(second.asked[0] as Asked);
  assert.match(conversation, /DELEGATE: CI is red/);
  assert.match(conversation, /The linker crashes/);
  assert.match(conversation, /Then mend it/);
  const uuids = (await elsewhere.load({ projectKey: projectKeyOf(root), sessionId: resume }))
    ?.map(({ uuid }) => uuid)
    .filter((uuid) => uuid !== undefined);
  assert.equal(new Set(uuids).size, uuids?.length, "no entry is there twice");

  await using third = await machine(() => says("Bye."));
  const going = await third.ask("And now?", place.dir, { continue: true, sessionStore });
  assert.equal(sessionOf(going), resume);
  assert.match(spoken(third.asked[0] as Asked), /Then mend it/);
  assert.deepEqual((await creel.check()).findings, []);
});

test("the SDK's own functions rename, tag, fork, read and delete sessions", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  await using place = await project();
  await using played = await machine(() => says("Looking."));
  const sessionStore = new CreelSessionStore(creel, { foldSessionSummary });
  const options = { dir: place.dir, sessionStore };
  const id = sessionOf(await played.ask("CI is red", place.dir, { sessionStore }));

  await renameSession(id, "Fix the build", options);
  await tagSession(id, "urgent", options);
  const info = await getSessionInfo(id, options);
  assert.deepEqual([info?.customTitle, info?.tag], ["Fix the build", "urgent"]);
  const [listed] = await listSessions(options);
  assert.deepEqual([listed?.customTitle, listed?.tag], ["Fix the build", "urgent"]);
  assert.equal((await rootsOf(creel))[0]?.name, "Fix the build");
  const messages = await getSessionMessages(id, options);
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["user", "assistant"],
  );

  const fork = await forkSession(id, options);
  assert.equal((await getSessionMessages(fork.sessionId, options)).length, 2);
  assert.equal((await listSessions(options)).length, 2);

  await deleteSession(id, options);
  await deleteSession(id, options);
  assert.deepEqual(await getSessionMessages(id, options), []);
  assert.deepEqual(
    (await listSessions(options)).map(({ sessionId }) => sessionId),
    [fork.sessionId],
  );
  assert.equal((await rootsOf(creel)).length, 1);
});

test("a session that is deleted while its query runs stays deleted, and the query hears of it", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  await using place = await project();
  const sessionStore = new CreelSessionStore(creel);
  const deleted: Promise<unknown>[] = [];
  await using played = await machine((asked) => {
    if (spoken(asked).includes("AGAIN")) {
      deleted.push(rootsOf(creel).then(([root]) => root && creel.threads.delete(root.id)));
    }
    return says("Looking.");
  });
  const resume = sessionOf(await played.ask("CI is red", place.dir, { sessionStore }));
  const messages = await played.ask("AGAIN", place.dir, { resume, sessionStore });
  await Promise.all(deleted);
  assert.equal(deleted.length, 1);
  const failed = messages.find(
    (message) => "subtype" in message && message.subtype === "mirror_error",
  );
  assert.match(JSON.stringify(failed), /deleted/);
  assert.equal((await creel.threads.list({ archived: "all" })).data.length, 0);
});

test("a local session is imported once, however often", async (t) => {
  await using creel = await Creel.open({ storage: "memory" });
  await using place = await project();
  await using played = await machine(delegate);
  const id = sessionOf(await played.ask("DELEGATE: CI is red", place.dir, DELEGATING));
  const sessionStore = new CreelSessionStore(creel);
  const before = process.env.CLAUDE_CONFIG_DIR;
  process.env.CLAUDE_CONFIG_DIR = played.env.CLAUDE_CONFIG_DIR;
  t.after(() => {
    if (before === undefined) delete process.env.CLAUDE_CONFIG_DIR;
    else process.env.CLAUDE_CONFIG_DIR = before;
  });
  const counts: number[] = [];
  for (const store of [sessionStore, sessionStore, new CreelSessionStore(creel)]) {
    await importSessionToStore(id, store, { dir: place.dir, batchSize: 3 });
    const key = { projectKey: projectKeyOf((await rootsOf(creel))[0]), sessionId: id };
    const entries = (await store.load(key)) ?? [];
    counts.push(entries.filter(({ uuid }) => uuid !== undefined).length);
    assert.equal((await store.listSubkeys(key)).length, 1);
  }
  assert.ok(counts[0] && counts[0] > 5);
  assert.deepEqual(counts, [counts[0], counts[0], counts[0]]);
});
