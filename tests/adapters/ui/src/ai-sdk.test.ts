/** Chats of the AI SDK in its own run loop, `streamText` over a model of the tests, kept by Creel. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Chat } from "@ai-sdk/react";
import { type ChatTransport, convertToModelMessages, streamText, tool, type UIMessage } from "ai";
import { MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { Creel } from "creel";
import { loadMessages, persistentTransport, saveMessages } from "creel/ai-sdk";
import { z } from "zod";
import { sleep, until } from "./dom.js";

type Chunk = Parameters<typeof simulateReadableStream>[0]["chunks"];

const USAGE = {
  inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 10, text: 10, reasoning: undefined },
};

/** A model that answers with texts in turn, token by token. */
function model(answers: (string | Chunk)[], delay = 0) {
  return new MockLanguageModelV4({
    doStream: async () => {
      const answer = answers.shift() ?? "…";
      const finish = {
        type: "finish" as const,
        finishReason: { unified: "stop" as const, raw: "stop" },
        usage: USAGE,
      };
      const chunks =
        typeof answer !== "string"
          ? [...answer, finish]
          : [
              { type: "text-start" as const, id: "t" },
              ...answer
                .split(/(?<= )/)
                .map((delta) => ({ type: "text-delta" as const, id: "t", delta })),
              { type: "text-end" as const, id: "t" },
              finish,
            ];
      return {
        stream: simulateReadableStream({
          chunks: chunks as never[],
          initialDelayInMs: null,
          chunkDelayInMs: delay || null,
        }),
      };
    },
  });
}

/** What a server would do, in the same process. */
function direct(languageModel: MockLanguageModelV4, tools = {}): ChatTransport<UIMessage> {
  return {
    async sendMessages({ messages, abortSignal }) {
      const result = streamText({
        model: languageModel,
        tools,
        messages: await convertToModelMessages(messages),
        ...(abortSignal && { abortSignal }),
      });
      return result.toUIMessageStream();
    },
    reconnectToStream: async () => null,
  };
}

const texts = (messages: readonly UIMessage[]) =>
  messages.map(({ role, parts }) => {
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    return `${role}: ${text}`;
  });

test("a chat is kept message by message, and is there again after a reload", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const transport = persistentTransport(creel, direct(model(["The linker crashes.", "Yes."])));
  const chat = new Chat({ id, transport, messages: await loadMessages(creel, id) });
  await chat.sendMessage({ text: "Why is CI red?" });
  await until(async () => (await creel.threads.read(id)).items === 2);
  await chat.sendMessage({ text: "Sure?" });
  const all = [
    "user: Why is CI red?",
    "assistant: The linker crashes.",
    "user: Sure?",
    "assistant: Yes.",
  ];
  assert.deepEqual(texts(chat.messages), all);
  await sleep(50);
  const before = (await creel.threads.open(id).page()).data;
  assert.equal(before.length, 4);
  const loaded = await loadMessages(creel, id);
  assert.deepEqual(texts(loaded), all);
  // The chat and the store agree to the letter: nothing is written anew.
  assert.deepEqual(loaded, JSON.parse(JSON.stringify(chat.messages)));
  const { position } = await creel.stats();
  await saveMessages(creel, id, chat.messages);
  assert.equal((await creel.stats()).position, position);
  const thread = await creel.threads.read(id);
  assert.equal(thread.preview, "Why is CI red?");
  assert.deepEqual(await creel.threads.drafts(id), []);
});

test("regenerating and editing cut the history back", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const inner = direct(model(["first", "second", "third"]));
  const chat = new Chat({ id, transport: persistentTransport(creel, inner) });
  await chat.sendMessage({ text: "Hi" });
  await chat.regenerate();
  await sleep(50);
  assert.deepEqual(texts(await loadMessages(creel, id)), ["user: Hi", "assistant: second"]);
  const messageId = chat.messages[0]?.id ?? "";
  await chat.sendMessage({ text: "Hello", messageId });
  await sleep(50);
  assert.deepEqual(texts(await loadMessages(creel, id)), ["user: Hello", "assistant: third"]);
  assert.equal((await creel.threads.read(id)).items, 2);
});

test("an answer grows in live items, and a stopped one is kept as far as it came", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const inner = direct(model(["one two three four five six seven eight nine ten", "Good."], 30));
  const chat = new Chat({ id, transport: persistentTransport(creel, inner) });
  const live = creel.live.items<UIMessage>(id);
  const stop = live.subscribe(() => undefined);
  await live.ready();
  const sent = chat.sendMessage({ text: "Count" });
  await until(() => {
    const last = live.getSnapshot().items.at(-1);
    return last?.draft === "writing" && texts([last.item])[0]?.includes("three");
  });
  // The question is in the history before the answer is.
  assert.equal((await creel.threads.read(id)).items, 1);
  await chat.stop();
  await sent;
  await chat.sendMessage({ text: "Thanks" });
  await sleep(100);
  const [count, partial, thanks, good] = texts(await loadMessages(creel, id));
  assert.deepEqual([count, thanks, good], ["user: Count", "user: Thanks", "assistant: Good."]);
  assert.match(partial ?? "", /^assistant: one two three/);
  assert.doesNotMatch(partial ?? "", /ten/);
  assert.equal((await creel.threads.read(id)).items, 4);
  assert.deepEqual(await creel.threads.drafts(id), []);
  stop();
});

test("a tool's output goes on with the same message", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const call = [
    { type: "tool-call" as const, toolCallId: "c1", toolName: "weather", input: '{"city":"Bonn"}' },
  ] as unknown as Chunk;
  const tools = { weather: tool({ inputSchema: z.object({ city: z.string() }) }) };
  const inner = direct(model([call, "It rains."]), tools);
  const chat = new Chat({ id, transport: persistentTransport(creel, inner) });
  await chat.sendMessage({ text: "Weather in Bonn?" });
  await sleep(50);
  assert.equal((await loadMessages(creel, id, { tools })).length, 2);
  await chat.addToolOutput({ tool: "weather", toolCallId: "c1", output: "rain" });
  await chat.sendMessage();
  await sleep(100);
  const loaded = await loadMessages(creel, id, { tools });
  assert.deepEqual(loaded, JSON.parse(JSON.stringify(chat.messages)));
  assert.equal(loaded.length, 2);
  assert.match(texts(loaded)[1] ?? "", /It rains\./);
  assert.deepEqual(await creel.threads.drafts(id), []);
});

test("what a crash cut short is a message of the chat after ten seconds", async (t) => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const question: UIMessage = { id: "q", role: "user", parts: [{ type: "text", text: "Hi" }] };
  await saveMessages(creel, id, [question]);
  const answer: UIMessage = { id: "a", role: "assistant", parts: [{ type: "text", text: "Hel" }] };
  const lost = creel.threads.stream(id, answer);
  lost.update({ ...answer, parts: [{ type: "text", text: "Hello, I" }] });
  await lost.keep();
  assert.deepEqual(texts(await loadMessages(creel, id)), ["user: Hi"]);
  const { now } = Date;
  t.mock.method(Date, "now", () => now() + 11_000);
  assert.deepEqual(texts(await loadMessages(creel, id, { recover: false })), ["user: Hi"]);
  assert.deepEqual(texts(await loadMessages(creel, id)), ["user: Hi", "assistant: Hello, I"]);
  assert.deepEqual(await creel.threads.drafts(id), []);
});

test("an answer that is resumed after a reload is kept as one message", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const question: UIMessage = { id: "q", role: "user", parts: [{ type: "text", text: "Hi" }] };
  await saveMessages(creel, id, [question]);
  await creel.threads
    .stream(id, { id: "a", role: "assistant", parts: [{ type: "text", text: "Hel" }] })
    .keep();
  const inner: ChatTransport<UIMessage> = {
    sendMessages: () => Promise.reject(new Error("nothing is sent")),
    reconnectToStream: async () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue({ type: "start", messageId: "a" });
          controller.enqueue({ type: "text-start", id: "t" });
          controller.enqueue({ type: "text-delta", id: "t", delta: "Hello, it's me." });
          controller.enqueue({ type: "text-end", id: "t" });
          controller.enqueue({ type: "finish" });
          controller.close();
        },
      }),
  };
  const messages = await loadMessages(creel, id);
  const chat = new Chat({ id, messages, transport: persistentTransport(creel, inner) });
  await chat.resumeStream();
  await sleep(50);
  assert.deepEqual(texts(chat.messages), ["user: Hi", "assistant: Hello, it's me."]);
  assert.deepEqual(texts(await loadMessages(creel, id)), texts(chat.messages));
  assert.deepEqual(await creel.threads.drafts(id), []);
});

test("a thread that is deleted while the answer comes takes it along", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  const failed: unknown[] = [];
  const transport = persistentTransport(creel, direct(model(["one two three four five"], 20)), {
    keepEvery: 10,
    onError: (error) => failed.push(error),
  });
  const chat = new Chat({ id, transport });
  const sent = chat.sendMessage({ text: "Count" });
  await until(async () => (await creel.threads.drafts(id)).length === 1);
  await creel.threads.delete(id);
  await sent;
  await sleep(50);
  assert.deepEqual([failed, chat.status], [[], "ready"]);
  assert.equal((await creel.stats()).threads, 0);
});

test("errors: a deleted thread sends nothing, a bad history is named, a broken answer is kept", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { id } = await creel.threads.create();
  let asked = 0;
  const inner: ChatTransport<UIMessage> = {
    sendMessages: async () => {
      asked += 1;
      return new ReadableStream({
        async start(controller) {
          controller.enqueue({ type: "start" });
          controller.enqueue({ type: "text-start", id: "t" });
          controller.enqueue({ type: "text-delta", id: "t", delta: "Half an ans" });
          await sleep(20);
          controller.error(new Error("the connection broke"));
        },
      });
    },
    reconnectToStream: async () => null,
  };
  const chat = new Chat({
    id,
    transport: persistentTransport(creel, inner),
    onError: () => undefined,
  });
  await chat.sendMessage({ text: "Hi" });
  assert.equal(chat.error?.message, "the connection broke");
  await sleep(50);
  assert.deepEqual(texts(await loadMessages(creel, id)), ["user: Hi", "assistant: Half an ans"]);
  await creel.threads.append(id, [{ id: "x", role: "nobody", parts: [] }]);
  await assert.rejects(loadMessages(creel, id), { code: "invalid_item" });
  await creel.threads.delete(id);
  await chat.sendMessage({ text: "Still there?" });
  assert.equal((chat.error as { code?: string } | undefined)?.code, "thread_deleted");
  assert.equal(asked, 1);
  await assert.rejects(loadMessages(creel, id), { code: "thread_deleted" });
  assert.deepEqual(await loadMessages(creel, "00000000-0000-4000-8000-000000000000"), []);
});
