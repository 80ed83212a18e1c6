/** Agents of the OpenAI Agents SDK whose sessions are threads; the runner is real, the model is played. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Agent,
  type AgentInputItem,
  type Model,
  type ModelRequest,
  type ModelResponse,
  OpenAIResponsesCompactionSession,
  Runner,
  type Session,
  type StreamEvent,
  setTracingDisabled,
  tool,
  Usage,
} from "@openai/agents";
import { Creel } from "creel";
import { CreelSession } from "creel/openai-agents";
import { z } from "zod";
import { sharedMedium } from "./map-host.js";

setTracingDisabled(true);

type Output = Extract<StreamEvent, { type: "response_done" }>["response"]["output"];

/** Answers with one output after another and remembers what it was asked. */
class PlayedModel implements Model {
  readonly asked: AgentInputItem[][] = [];
  readonly #outputs: Output[];

  constructor(...outputs: Output[]) {
    this.#outputs = outputs;
  }

  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    return { usage: new Usage(), output: this.#answer(request) };
  }

  async *getStreamedResponse(request: ModelRequest) {
    yield { type: "response_started" } as const;
    const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    const response = { id: "r1", usage, output: this.#answer(request) };
    yield { type: "response_done", response } as const;
  }

  #answer({ input }: ModelRequest): Output {
    this.asked.push(typeof input === "string" ? [user(input)] : structuredClone(input));
    const output = this.#outputs.shift();
    assert.ok(output, "the model is asked once too often");
    return output;
  }
}

const user = (text: string): AgentInputItem => ({ type: "message", role: "user", content: text });

const says = (text: string): Output => [
  {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text }],
  },
];

const calls = (callId: string, argument: object): Output => [
  {
    type: "function_call",
    callId,
    name: "read_log",
    status: "completed",
    arguments: JSON.stringify(argument),
  },
];

const readLog = (needsApproval = false) =>
  tool({
    name: "read_log",
    description: "Reads a log",
    parameters: z.object({ line: z.number() }),
    needsApproval,
    execute: async ({ line }) => `line ${line}: the linker crashes`,
  });

const runner = new Runner({ tracingDisabled: true });
const kinds = (items: AgentInputItem[]) => items.map((item) => item.type ?? "message");

test("a run remembers the runs before it, and its items are those of the thread", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const model = new PlayedModel(calls("c1", { line: 7 }), says("The linker."), says("Yes."));
  const agent = new Agent({ name: "Fixer", model, tools: [readLog()] });
  const options = { sessionId: "user-42", thread: { name: "Fix the build" } };

  const first = await runner.run(agent, "CI is red", { session: new CreelSession(creel, options) });
  assert.equal(first.finalOutput, "The linker.");
  const session = new CreelSession(creel, { sessionId: "user-42" });
  const second = await runner.run(agent, "Sure?", { session });
  assert.equal(second.finalOutput, "Yes.");
  assert.deepEqual(kinds(model.asked[2] ?? []), [
    "message",
    "function_call",
    "function_call_result",
    "message",
    "message",
  ]);

  const thread = creel.threads.open(await session.threadId());
  const { name, preview, items, metadata, originator } = await thread.read();
  assert.deepEqual([name, preview, items], ["Fix the build", "CI is red", 6]);
  assert.deepEqual(
    [metadata, originator],
    [{ openaiAgents: { sessionId: "user-42" } }, "openai-agents"],
  );
  const page = await thread.page<AgentInputItem>();
  assert.deepEqual(
    page.data.map(({ item }) => item),
    await session.getItems(),
  );
});

test("a run sees at once what another process has stored", async () => {
  const open = sharedMedium();
  await using one = await Creel.open({ storage: open() });
  await using other = await Creel.open({ storage: open() });
  const sessions = [one, other].map((creel) => new CreelSession(creel, { sessionId: "both" }));
  for (let n = 0; n < 6; n += 1) {
    const model = new PlayedModel(says(`answer ${n}`));
    const session = sessions[n % 2] as CreelSession;
    await runner.run(new Agent({ name: "Fixer", model }), `question ${n}`, { session });
    assert.equal(model.asked[0]?.length, 2 * n + 1);
  }
});

test("a streamed run is kept like any other", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const agent = new Agent({ name: "Fixer", model: new PlayedModel(says("Looking.")) });
  const session: Session = new CreelSession(creel);
  const stream = await runner.run(agent, [user("CI is red")], { session, stream: true });
  await stream.completed;
  assert.deepEqual(kinds(await session.getItems()), ["message", "message"]);
});

test("a run that waits for an approval is resumed from its state", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const model = new PlayedModel(calls("c1", { line: 7 }), says("The linker."));
  const agent = new Agent({ name: "Fixer", model, tools: [readLog(true)] });
  const session = new CreelSession(creel, { sessionId: "approval" });
  const waiting = await runner.run(agent, "CI is red", { session });
  const [interruption] = waiting.interruptions;
  assert.ok(interruption);
  waiting.state.approve(interruption);
  const again = new CreelSession(creel, { sessionId: "approval" });
  const result = await runner.run(agent, waiting.state, { session: again });
  assert.equal(result.finalOutput, "The linker.");
  assert.deepEqual(kinds(await again.getItems()), [
    "message",
    "function_call",
    "function_call_result",
    "message",
  ]);
});

test("what a guardrail blocks does not get into the session, and the next run goes on", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const session = new CreelSession(creel, { sessionId: "guarded" });
  const guardrail = {
    name: "No secrets",
    execute: async ({ agentOutput }: { agentOutput: unknown }) => ({
      outputInfo: {},
      tripwireTriggered: String(agentOutput).includes("secret"),
    }),
  };
  const model = new PlayedModel(says("the secret is 42"), says("I can't say."));
  const agent = new Agent({ name: "Fixer", model, outputGuardrails: [guardrail] });
  const blocked = runner.run(agent, "What is it?", { session });
  await assert.rejects(blocked, { name: "OutputGuardrailTripwireTriggered" });
  assert.doesNotMatch(JSON.stringify(await session.getItems()), /secret/);
  await runner.run(agent, "Please", { session });
  assert.deepEqual(kinds(await session.getItems()), ["message", "message", "message"]);
});

test("an agent that another one uses as a tool has a thread below", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const main = new CreelSession(creel);
  const reader = new Agent({ name: "Reader", model: new PlayedModel(says("line 7 crashes")) });
  const delegate = tool({
    name: "read_log",
    description: "Asks the reader",
    parameters: z.object({ line: z.number() }),
    execute: async ({ line }) => {
      const parentThreadId = await main.threadId();
      const session = new CreelSession(creel, { thread: { parentThreadId, agentRole: "reader" } });
      return (await runner.run(reader, `Read line ${line}`, { session })).finalOutput;
    },
  });
  const model = new PlayedModel(calls("c1", { line: 7 }), says("The linker."));
  await main.addItems([user("Hello")]);
  const agent = new Agent({ name: "Fixer", model, tools: [delegate] });
  await runner.run(agent, "CI is red", { session: main });
  const below = await creel.threads.descendants(await main.threadId());
  assert.deepEqual(
    below.map(({ agentRole, items }) => [agentRole, items]),
    [["reader", 2]],
  );
  await creel.threads.delete(await main.threadId());
  assert.equal((await creel.threads.list()).data.length, 0);
});

test("items are read from the end, taken back from the end, and cleared", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const session = new CreelSession(creel, { sessionId: "many" });
  assert.deepEqual(await session.getItems(), []);
  assert.deepEqual(await session.getItems(5), []);
  assert.equal(await session.popItem(), undefined);
  await session.clearSession();
  assert.equal(
    (await creel.threads.list()).data.length,
    0,
    "nothing is stored before it is needed",
  );

  const items = Array.from({ length: 12_345 }, (_, n) => user(`message ${n}`));
  await session.addItems(items);
  assert.deepEqual(await session.getItems(), items);
  for (const limit of [0, 1, 999, 1_000, 1_001, 12_345, 99_999]) {
    assert.deepEqual(await session.getItems(limit), limit === 0 ? [] : items.slice(-limit));
  }
  assert.deepEqual(await session.popItem(), items.at(-1));
  assert.deepEqual(await session.getItems(2), items.slice(-3, -1));
  await session.addItems([]);
  await session.clearSession();
  assert.deepEqual(await session.getItems(), []);
  await session.addItems([user("anew")]);
  assert.equal((await session.getItems()).length, 1);
});

test("calls that are not waited for take effect in their order", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const session = new CreelSession(creel, { sessionId: "hasty" });
  const adding = Array.from({ length: 50 }, (_, n) => session.addItems([user(`${n}`)]));
  const popped = session.popItem();
  const left = session.getItems();
  await Promise.all(adding);
  assert.deepEqual(await popped, user("49"));
  assert.deepEqual(
    await left,
    Array.from({ length: 49 }, (_, n) => user(`${n}`)),
  );
});

test("two sessions that start a conversation at once share its thread", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const sessions = [0, 1, 2, 3].map(() => new CreelSession(creel, { sessionId: "shared" }));
  await Promise.all(sessions.map((session, n) => session.addItems([user(`${n}`)])));
  assert.equal((await creel.threads.list()).data.length, 1);
  assert.equal((await sessions[0]?.getItems())?.length, 4);
});

test("a compaction is added and loses nothing, and runs begin with it", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const session = new CreelSession(creel, { sessionId: "long" });
  await session.addItems([user("first"), user("second")]);
  const compaction = { type: "compaction", id: "cmp_1", encrypted_content: "…" } as const;
  await session.replaceHistoryWithCompaction([compaction, user("second")]);
  const model = new PlayedModel(says("ok"));
  await runner.run(new Agent({ name: "Fixer", model }), "third", { session });
  assert.deepEqual(kinds(model.asked[0] ?? []), ["compaction", "message", "message"]);
  assert.equal((await session.getItems()).length, 6);
});

test("the SDK's own compaction replaces what is kept", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const underlyingSession = new CreelSession(creel, { sessionId: "compacted" });
  const asked: unknown[] = [];
  const compact = async (body: unknown) => {
    asked.push(body);
    const content = [{ type: "input_text", text: "What was said" }];
    return {
      id: "resp_1",
      object: "response.compaction",
      created_at: 0,
      output: [{ type: "message", role: "user", status: "completed", id: "m1", content }],
      usage: {
        input_tokens: 1,
        output_tokens: 1,
        total_tokens: 2,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    };
  };
  const client = { responses: { compact } } as unknown as NonNullable<
    ConstructorParameters<typeof OpenAIResponsesCompactionSession>[0]
  >["client"];
  const session = new OpenAIResponsesCompactionSession({
    ...(client && { client }),
    underlyingSession,
    model: "gpt-5",
    compactionMode: "input",
    shouldTriggerCompaction: () => true,
  });
  const agent = new Agent({ name: "Fixer", model: new PlayedModel(says("Looking.")) });
  await runner.run(agent, "CI is red", { session });
  assert.equal(asked.length, 1);
  const items = await underlyingSession.getItems();
  assert.match(JSON.stringify(items), /What was said/);
  assert.equal(items.length, 1);
});

test("a deleted session refuses the run that is still going on", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const session = new CreelSession(creel, { sessionId: "gone" });
  await session.addItems([user("Hello")]);
  const model = new PlayedModel(calls("c1", { line: 7 }), says("The linker."));
  const deleting = tool({
    name: "read_log",
    description: "Deletes",
    parameters: z.object({ line: z.number() }),
    execute: async () => {
      await creel.threads.delete(await session.threadId());
      return "gone";
    },
  });
  const agent = new Agent({ name: "Fixer", model, tools: [deleting] });
  const deleted = { code: "thread_deleted" };
  await assert.rejects(runner.run(agent, "CI is red", { session }), deleted);
  const again = new CreelSession(creel, { sessionId: "gone" });
  for (const call of [
    () => again.getItems(),
    () => again.getItems(1),
    () => again.addItems([user("late")]),
    () => again.popItem(),
    () => again.clearSession(),
  ]) {
    await assert.rejects(call, deleted);
  }
  assert.equal((await creel.threads.list({ archived: "all" })).data.length, 0);
});

test("an archived session can be read and takes nothing new", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const session = new CreelSession(creel, { sessionId: "old" });
  await session.addItems([user("Hello")]);
  await creel.threads.archive(await session.threadId());
  assert.equal((await session.getItems()).length, 1);
  await assert.rejects(session.addItems([user("late")]), { code: "thread_archived" });
});

test("what is no JSON and what is no id is refused, and nothing is stored", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  assert.throws(() => new CreelSession(creel, { sessionId: "" }), { code: "invalid_field" });
  const session = new CreelSession(creel, { sessionId: "bad" });
  const bytes = { ...user("file"), providerData: { data: new Uint8Array(3) } };
  const refused = { code: "invalid_item", message: /items\[1\].*bytes/ };
  await assert.rejects(session.addItems([user("good"), bytes]), refused);
  const circle: Record<string, unknown> = {};
  Object.assign(circle, { self: circle });
  const round = { ...user("round"), providerData: circle };
  await assert.rejects(session.addItems([round]), { code: "invalid_item" });
  assert.equal((await creel.threads.list()).data.length, 0);
});

test("where there is no crypto.subtle only UUIDs are ids, and the error says so", async (t) => {
  await using creel = await Creel.open({ storage: "memory" });
  const secure = globalThis.crypto;
  const getRandomValues = secure.getRandomValues.bind(secure);
  const define = (value: unknown) =>
    Object.defineProperty(globalThis, "crypto", { value, configurable: true });
  define({ getRandomValues });
  t.after(() => define(secure));
  const named = new CreelSession(creel, { sessionId: "user-42" });
  const refused = { code: "invalid_field", message: /sessionId.*crypto\.subtle/ };
  await assert.rejects(named.addItems([user("Hi")]), refused);
  const unnamed = new CreelSession(creel);
  await unnamed.addItems([user("Hi")]);
  assert.equal((await unnamed.getItems()).length, 1);
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(await unnamed.getSessionId(), uuid);
  assert.equal(await unnamed.getSessionId(), await unnamed.threadId());
});
