/** The contract of the Claude Agent SDK's session stores, case by case, without its program. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { foldSessionSummary } from "@anthropic-ai/claude-agent-sdk";
import { Creel } from "creel";
import { CreelSessionStore, type SessionStoreEntry } from "creel/claude-agent";
import { sharedMedium } from "./map-host.js";

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

test("what one process has stored is there for the next read of another one", async () => {
  const open = sharedMedium();
  await using one = await Creel.open({ storage: open() });
  await using other = await Creel.open({ storage: open() });
  const [writer, reader] = [new CreelSessionStore(one), new CreelSessionStore(other)];
  assert.equal(await reader.load(KEY), null);
  await writer.append(KEY, [entry(0)]);
  assert.deepEqual(await reader.load(KEY), [entry(0)]);
  await writer.append(KEY, [entry(1)]);
  assert.deepEqual(await reader.load(KEY), [entry(0), entry(1)]);
  await writer.append({ ...KEY, subpath: "subagents/agent-1f" }, [entry(2)]);
  assert.equal((await reader.listSubkeys(KEY)).length, 1);
  await writer.append({ ...KEY, sessionId: "second" }, [entry(3)]);
  assert.equal((await reader.listSessions(KEY.projectKey)).length, 2);
  await writer.delete(KEY);
  assert.equal(await reader.load(KEY), null);
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

  const { id } = await creel.threads.read(await folding.threadId(KEY));
  const { metadata } = await creel.threads.read(id);
  await creel.threads.update(id, { metadata: { ...metadata, pinned: true } });
  await folding.append(KEY, [title("fourth")]);
  const after = await creel.threads.read(id);
  assert.deepEqual([after.metadata?.pinned, after.name], [true, "fourth"]);

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
