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
import { CreelSessionStore, type SessionStoreEntry } from "creel/claude-agent";
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

const KEY = { projectKey: "-home-dev-shop", sessionId: "7b0d6f0e-6f1e-4c0a-9d0c-3f6a1d2e4b5c" };
const entry = (n: number): SessionStoreEntry => ({ type: "user", uuid: `uuid-${n}`, n });

test("entries come back deep-equal, in the order of the calls, each once", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel);
  assert.equal(await store.load(KEY), null);
  const marker = {
    type: "mode",
    mode: "plan",
    nested: { "": [null, 1.5, "\u2028", "\ud83d\ude00"] },
  };
  const calls = [[entry(0), marker], [entry(1), entry(1), marker], [entry(0), entry(2)], []];
  await Promise.all(calls.map((entries) => store.append(KEY, entries)));
  const kept = [entry(0), marker, entry(1), marker, entry(2)];
  assert.deepEqual(await store.load(KEY), kept);
  const other = new CreelSessionStore(creel);
  await other.append(KEY, [entry(1), entry(3)]);
  await store.append(KEY, [entry(3), entry(4)]);
  for (const reader of [store, other, new CreelSessionStore(creel)]) {
    assert.deepEqual(await reader.load(KEY), [...kept, entry(3), entry(4)]);
  }
});

test("projects, sessions and sub-agents are kept apart", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel);
  const agent = { ...KEY, subpath: "subagents/agent-1f" };
  const nested = { ...KEY, subpath: "subagents/agent-2f" };
  const elsewhere = { ...KEY, projectKey: "-home-dev-other" };
  await store.append(agent, [entry(1)]);
  assert.deepEqual(await store.listSessions(KEY.projectKey), [], "its session is not there yet");
  assert.equal(await store.load(KEY), null);
  await store.append(KEY, [entry(0)]);
  const told = { type: "agent_metadata", agentType: "reader", parentAgentId: "1f" };
  await store.append(nested, [told, entry(2)]);
  await store.append(elsewhere, [entry(9)]);

  assert.deepEqual(await store.load(KEY), [entry(0)]);
  assert.deepEqual(await store.load(agent), [entry(1)]);
  assert.deepEqual(await store.load(nested), [told, entry(2)]);
  assert.deepEqual(await store.load(elsewhere), [entry(9)]);
  assert.deepEqual((await store.listSubkeys(KEY)).toSorted(), [agent.subpath, nested.subpath]);
  assert.deepEqual(await store.listSubkeys(elsewhere), []);
  assert.deepEqual(await store.listSubkeys({ ...KEY, sessionId: "unknown" }), []);
  const { parentThreadId, edgeStatus } = await creel.threads.read(await store.threadId(nested));
  assert.deepEqual([parentThreadId, edgeStatus], [await store.threadId(agent), "open"]);
  const { updatedAt } = await creel.threads.read(await store.threadId(KEY));
  assert.deepEqual(await store.listSessions(KEY.projectKey), [
    { sessionId: KEY.sessionId, mtime: updatedAt },
  ]);

  await store.delete(KEY);
  for (const gone of [KEY, agent, nested]) {
    assert.equal(await store.load(gone), null);
    await assert.rejects(store.append(gone, [entry(5)]), { code: "thread_deleted" });
  }
  assert.deepEqual(await store.listSubkeys(KEY), []);
  assert.deepEqual(await store.listSessions(KEY.projectKey), []);
  assert.deepEqual(await store.load(elsewhere), [entry(9)]);
  await store.delete({ ...KEY, sessionId: "never there" });
});

test("a sub-agent is deleted alone, and its session stays", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel);
  const agent = { ...KEY, subpath: "subagents/agent-1f" };
  await store.append(KEY, [entry(0)]);
  await store.append(agent, [entry(1)]);
  await store.delete(agent);
  assert.deepEqual(await store.listSubkeys(KEY), []);
  assert.deepEqual(await store.load(KEY), [entry(0)]);
});

test("a fork of a session's thread is a thread, and no second session", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel);
  await store.append(KEY, [entry(0)]);
  await creel.threads.fork(await store.threadId(KEY));
  assert.equal((await store.listSessions(KEY.projectKey)).length, 1);
});

test("an archived session is neither listed nor written to", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel, { foldSessionSummary });
  await store.append(KEY, [entry(0)]);
  await creel.threads.archive(await store.threadId(KEY));
  assert.deepEqual(await store.listSessions(KEY.projectKey), []);
  assert.deepEqual(await store.listSessionSummaries?.(KEY.projectKey), []);
  assert.deepEqual(await store.load(KEY), [entry(0)]);
  await assert.rejects(store.append(KEY, [entry(1)]), { code: "thread_archived" });
});

test("summaries follow the transcript, whoever wrote it and however", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const folding = new CreelSessionStore(creel, { foldSessionSummary });
  const plain = new CreelSessionStore(creel);
  assert.equal(plain.listSessionSummaries, undefined);
  const title = (customTitle: string) => ({ type: "custom-title", customTitle });
  const listed = async () => {
    const [summary] = (await folding.listSessionSummaries?.(KEY.projectKey)) ?? [];
    const [session] = await folding.listSessions(KEY.projectKey);
    assert.equal(summary?.mtime, session?.mtime);
    return summary?.data;
  };
  await plain.append(KEY, [entry(0), title("first")]);
  assert.equal((await listed())?.customTitle, "first");
  await folding.append(KEY, [title("second")]);
  assert.equal((await listed())?.customTitle, "second");
  await plain.append(KEY, [title("third")]);
  assert.equal((await listed())?.customTitle, "third");
  const data = await listed();
  const all = (await folding.load(KEY)) ?? [];
  assert.deepEqual(data, foldSessionSummary(undefined, KEY, all).data);
  await creel.threads.truncate(await folding.threadId(KEY), 2);
  assert.equal((await listed())?.customTitle, "first");

  const huge = { type: "user", uuid: "huge", message: { content: "x" }, cwd: "y".repeat(20_000) };
  await folding.append({ ...KEY, sessionId: "huge" }, [huge]);
  const summaries = (await folding.listSessionSummaries?.(KEY.projectKey)) ?? [];
  assert.equal(summaries.find(({ sessionId }) => sessionId === "huge")?.data.cwd, huge.cwd);
});

test("wrong keys and entries are refused by name, and nothing is stored", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel);
  const invalid = { code: "invalid_field" };
  await assert.rejects(store.append({ ...KEY, subpath: "" }, [entry(0)]), invalid);
  await assert.rejects(store.load({ ...KEY, sessionId: "" }), invalid);
  await assert.rejects(store.listSessions(""), invalid);
  const circle: SessionStoreEntry = { type: "user" };
  Object.assign(circle, { circle });
  await assert.rejects(store.append(KEY, [entry(0), circle]), { code: "invalid_item" });
  assert.equal((await creel.threads.list()).data.length, 0);
});

test("an append to a long transcript reads what is new, not what is there", async (t) => {
  await using creel = await Creel.open({ storage: "memory" });
  const store = new CreelSessionStore(creel, { foldSessionSummary });
  const entries = Array.from({ length: 12_000 }, (_, n) => entry(n));
  await store.append(KEY, entries);
  const items = t.mock.method(creel.threads, "items");
  for (let n = 12_000; n < 12_010; n += 1) await store.append(KEY, [entry(n), entry(n - 500)]);
  const pages = await Promise.all(items.mock.calls.map(({ result }) => result));
  const read = pages.reduce((sum, page) => sum + (page?.data.length ?? 0), 0);
  assert.ok(read <= 20, `${read} items were read`);
  assert.equal((await store.load(KEY))?.length, 12_010);
});
