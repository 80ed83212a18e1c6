/** Graphs of LangGraph that run on a store: interrupts, time travel, branches, subgraphs, deletion. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import {
  Annotation,
  Command,
  END,
  interrupt,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import {
  type CheckpointTuple,
  emptyCheckpoint,
  MemorySaver,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { Creel } from "creel";
import { CreelSaver } from "creel/langgraph";
import { sharedMedium } from "./map-host.js";

const at = (thread_id: string) => ({ configurable: { thread_id } });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

function chat(saver: CreelSaver | MemorySaver, responses: string[]) {
  const model = new FakeListChatModel({ responses });
  return new StateGraph(MessagesAnnotation)
    .addNode("agent", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addEdge(START, "agent")
    .compile({ checkpointer: saver });
}

const said = ({ messages }: { messages: BaseMessage[] }) => messages.map(({ text }) => text);

test("a conversation goes on where another process has left it", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  await chat(new CreelSaver(creel), ["Looking."]).invoke(
    { messages: [new HumanMessage("CI is red")] },
    at("user-42"),
  );
  const later = chat(new CreelSaver(creel), ["It was the linker."]);
  const state = await later.invoke({ messages: [new HumanMessage("Well?")] }, at("user-42"));
  assert.deepEqual(said(state), ["CI is red", "Looking.", "Well?", "It was the linker."]);
  assert.ok(state.messages[1] instanceof AIMessage);
  assert.deepEqual(await creel.check().then(({ findings }) => findings), []);
});

test("what one process has stored is there for the next read of another one", async () => {
  const open = sharedMedium();
  await using one = await Creel.open({ storage: open() });
  await using other = await Creel.open({ storage: open() });
  const savers = [new CreelSaver(one), new CreelSaver(other)];
  const graphs = savers.map((saver) => chat(saver, ["ok"]));
  for (let n = 0; n < 6; n += 1) {
    const state = await graphs[n % 2]?.invoke({ messages: [new HumanMessage(`${n}`)] }, at("t"));
    assert.equal(state?.messages.length, 2 * (n + 1));
  }
  const lists = await Promise.all(savers.map((saver) => all(saver.list(at("t")))));
  assert.equal(lists[0]?.length, 18);
  assert.deepEqual(lists[0], lists[1]);

  const latest = await savers[0]?.getTuple(at("t"));
  assert.ok(latest);
  const next = { ...latest.checkpoint, id: uuid6(100) };
  const metadata = { source: "update", step: 18, parents: {} } as const;
  const late = new CreelSaver(other);
  await late.put(latest.config, next, metadata, {});
  const values = (await savers[0]?.getTuple(at("t")))?.checkpoint.channel_values;
  assert.deepEqual(values, latest.checkpoint.channel_values);
});

test("a thread that the application has made is the graph's, by its id", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create({ name: "Fix the build", metadata: { pinned: true } });
  const saver = new CreelSaver(creel);
  await chat(saver, ["Looking."]).invoke({ messages: [new HumanMessage("Hi")] }, at(thread.id));
  assert.equal(await saver.threadId(thread.id), thread.id);
  const { name, metadata, items } = await thread.read();
  assert.equal(name, "Fix the build");
  assert.deepEqual(metadata, {
    pinned: true,
    langgraph: { thread_id: thread.id, checkpoint_ns: "" },
  });
  assert.ok(items > 2);
  assert.equal((await all(saver.list({}))).length, 3);
});

test("an interrupt waits in the store until it is resumed, with the writes of its neighbours", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const State = Annotation.Root({
    log: Annotation<string[]>({ reducer: (one, other) => one.concat(other), default: () => [] }),
  });
  let builds = 0;
  const graph = () =>
    new StateGraph(State)
      .addNode("build", () => {
        builds += 1;
        return { log: ["built"] };
      })
      .addNode("ask", () => ({ log: [`answered ${interrupt("Deploy?")}`] }))
      .addNode("deploy", ({ log }) => ({ log: [`deployed after ${log.length}`] }))
      .addEdge(START, "build")
      .addEdge(START, "ask")
      .addEdge(["build", "ask"], "deploy")
      .compile({ checkpointer: new CreelSaver(creel) });

  await graph().invoke({ log: [] }, at("deploy"));
  const waiting = await graph().getState(at("deploy"));
  assert.deepEqual(
    waiting.tasks.flatMap(({ interrupts }) => interrupts.map(({ value }) => value)),
    ["Deploy?"],
  );
  const state = await graph().invoke(new Command({ resume: "yes" }), at("deploy"));
  assert.deepEqual(state.log.toSorted(), ["answered yes", "built", "deployed after 2"]);
  assert.equal(builds, 1, "what was done before the interrupt is not done again");
});

test("time travel branches off, and each branch keeps its own values of the same version", async () => {
  const histories: unknown[] = [];
  await using creel = await Creel.open({ storage: "memory" });
  for (const saver of [new CreelSaver(creel), new MemorySaver()]) {
    const State = Annotation.Root({ count: Annotation<number>(), by: Annotation<string>() });
    const graph = new StateGraph(State)
      .addNode("one", ({ count }) => ({ count: count + 1 }))
      .addNode("two", ({ count, by }) => ({ count: count * 10, by: `${by}!` }))
      .addEdge(START, "one")
      .addEdge("one", "two")
      .compile({ checkpointer: saver });
    await graph.invoke({ count: 1, by: "first" }, at("t"));
    const history = await all(graph.getStateHistory(at("t")));
    const before = history.find(({ next }) => next[0] === "two");
    assert.ok(before);
    const branch = await graph.updateState(before.config, { count: 5, by: "second" }, "one");
    assert.equal((await graph.invoke(null, branch)).count, 50);
    const copy = await graph.updateState(before.config, null, "__copy__");
    assert.equal((await graph.invoke(null, copy)).count, 20);

    const states = await all(graph.getStateHistory(at("t")));
    histories.push(states.map(({ values, next, metadata }) => ({ values, next, metadata })));
    const first = await graph.getState(before.config);
    assert.deepEqual([first.values.count, first.values.by], [2, "first"]);
  }
  assert.deepEqual(histories[0], histories[1], "as LangGraph's own checkpointer has it");
});

test("subgraphs are threads below their graph's, and resume there", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const saver = new CreelSaver(creel);
  const State = Annotation.Root({ topic: Annotation<string>(), found: Annotation<string>() });
  const inner = new StateGraph(State)
    .addNode("search", ({ topic }) => ({ found: `${topic}: ${interrupt("Which index?")}` }))
    .addEdge(START, "search")
    .compile();
  const middle = new StateGraph(State).addNode("inner", inner).addEdge(START, "inner").compile();
  const graph = new StateGraph(State)
    .addNode("research", middle)
    .addEdge(START, "research")
    .compile({ checkpointer: saver });

  const thread = await creel.threads.create({ name: "Research" });
  await graph.invoke({ topic: "linkers" }, at(thread.id));
  const below = await thread.descendants();
  assert.deepEqual(
    below.map(({ agentRole }) => agentRole),
    ["research", "inner"],
  );
  assert.deepEqual(
    below.map(({ parentThreadId }) => parentThreadId),
    [thread.id, below[0]?.id],
  );
  const { tasks } = await graph.getState(at(thread.id), { subgraphs: true });
  const [state] = tasks.map((task) => task.state);
  assert.ok(state && "values" in state);
  assert.deepEqual(state.values, { topic: "linkers" });

  const end = await graph.invoke(new Command({ resume: "docs" }), at(thread.id));
  assert.equal(end.found, "linkers: docs");
  const namespaces = new Set((await all(saver.list(at(thread.id)))).map(namespaceOf));
  assert.equal(namespaces.size, 3);
  const own = await all(saver.list({ configurable: { thread_id: thread.id, checkpoint_ns: "" } }));
  assert.deepEqual(new Set(own.map(namespaceOf)), new Set([""]));
  const receipt = await thread.delete();
  assert.equal(receipt.removed.threads, 3);
  assert.deepEqual(await all(saver.list(at(thread.id))), []);
});

function namespaceOf({ config }: CheckpointTuple): string {
  const { checkpoint_ns } = config.configurable ?? {};
  return checkpoint_ns;
}

test("what is sent to many tasks at once comes back in the order of the tasks", async () => {
  const results: string[][] = [];
  await using creel = await Creel.open({ storage: "memory" });
  for (const saver of [new CreelSaver(creel), new MemorySaver()]) {
    const State = Annotation.Root({
      log: Annotation<string[]>({ reducer: (one, other) => one.concat(other), default: () => [] }),
    });
    const graph = new StateGraph(State)
      .addNode("part", async (part: { n: number }) => {
        await new Promise((resolve) => setTimeout(resolve, (12 - part.n) % 5));
        return { log: [`part ${part.n}`] };
      })
      .addNode("join", () => ({ log: ["joined"] }))
      .addConditionalEdges(START, () =>
        Array.from({ length: 12 }, (_, n) => new Send("part", { n })),
      )
      .addEdge("part", "join")
      .addEdge("join", END)
      .compile({ checkpointer: saver, interruptBefore: ["join"] });
    await graph.invoke({ log: [] }, at("send"));
    results.push((await graph.invoke(null, at("send"))).log);
  }
  assert.equal(results[0]?.length, 13);
  assert.deepEqual(results[0], results[1]);
});

test("values that are no plain JSON come back as they were", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const saver = new CreelSaver(creel);
  const channel_values = {
    bytes: new Uint8Array([0, 255, 128]),
    many: new Uint8Array(200_000).fill(7),
    set: new Set(["a"]),
    map: new Map([["k", { deep: [1, undefined] }]]),
    text: "\u2028 \ud83d\ude00 \0 \uFEFF",
    nothing: null,
    ["__proto__"]: "kept",
  };
  const versions = Object.fromEntries(Object.keys(channel_values).map((key) => [key, 1]));
  const checkpoint = {
    v: 4,
    id: uuid6(0),
    ts: new Date().toISOString(),
    channel_values,
    channel_versions: versions,
    versions_seen: {},
  };
  const metadata = { source: "input", step: -1, parents: {}, tags: ["a", { b: 1 }] } as const;
  const config = await saver.put(at("values"), checkpoint, metadata, versions);
  const tuple = await new CreelSaver(creel).getTuple(config);
  assert.deepEqual(tuple?.checkpoint.channel_values, channel_values);
  const matching = (tags: unknown) => all(saver.list(at("values"), { filter: { tags } }));
  assert.equal((await matching(["a", { b: 1 }])).length, 1);
  assert.equal((await matching(["a", { b: 2 }])).length, 0);
});

test("a fork of a graph's thread is a thread of the graph, from there on its own", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const graph = chat(new CreelSaver(creel), ["One.", "Two.", "Three."]);
  const thread = await creel.threads.create();
  await graph.invoke({ messages: [new HumanMessage("a")] }, at(thread.id));
  const fork = await thread.fork({ name: "Other way" });
  await graph.invoke({ messages: [new HumanMessage("b")] }, at(thread.id));
  const saver = new CreelSaver(creel);
  assert.equal((await all(saver.list({}))).length, 9);
  const other = await chat(saver, ["Four."]).invoke(
    { messages: [new HumanMessage("c")] },
    at(fork.id),
  );
  assert.deepEqual(said(other), ["a", "One.", "c", "Four."]);
  const own = await graph.getState(at(thread.id));
  assert.deepEqual(said(own.values), ["a", "One.", "b", "Two."]);
  await thread.delete();
  assert.equal((await all(saver.list({}))).length, 6);
});

test("a deleted thread stays deleted, also for the run that is still going on", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const saver = new CreelSaver(creel);
  const State = Annotation.Root({ n: Annotation<number>() });
  const graph = new StateGraph(State)
    .addNode("delete", async () => {
      await saver.deleteThread("gone");
      return { n: 1 };
    })
    .addNode("late", () => ({ n: 2 }))
    .addEdge(START, "delete")
    .addEdge("delete", "late")
    .compile({ checkpointer: saver });
  // Stored before the first node runs, so that there is something to delete.
  const run = graph.invoke({ n: 0 }, { ...at("gone"), durability: "sync" });
  await assert.rejects(run, { code: "thread_deleted" });
  assert.equal(await saver.getTuple(at("gone")), undefined);
  assert.equal(await new CreelSaver(creel).getTuple(at("gone")), undefined);
  assert.deepEqual(await all(saver.list({})), []);
  assert.equal((await creel.threads.list({ archived: "all" })).data.length, 0);
  await saver.deleteThread("gone");
  await saver.deleteThread("never there");
});

test("an archived thread can be read and takes nothing new", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const saver = new CreelSaver(creel);
  const graph = chat(saver, ["Looking.", "Still looking."]);
  await graph.invoke({ messages: [new HumanMessage("Hi")] }, at("old"));
  await creel.threads.archive(await saver.threadId("old"));
  assert.equal((await graph.getState(at("old"))).values.messages.length, 2);
  const again = graph.invoke({ messages: [new HumanMessage("Hi again")] }, at("old"));
  await assert.rejects(again, { code: "thread_archived" });
  assert.equal((await all(saver.list({}))).length, 3);
});

test("wrong ids are refused by name, and nothing is stored", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const saver = new CreelSaver(creel);
  const invalid = { code: "invalid_field" };
  assert.equal(await saver.getTuple({ configurable: {} }), undefined);
  await assert.rejects(saver.getTuple(at("")), invalid);
  await assert.rejects(saver.deleteThread(""), invalid);
  await assert.rejects(saver.putWrites(at("t"), [["a", 1]], "task"), invalid);
  assert.equal((await creel.threads.list()).data.length, 0);
});

test("two checkpointers that write at once lose nothing", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const savers = [new CreelSaver(creel), new CreelSaver(creel)];
  const graphs = savers.map((saver) => chat(saver, ["ok"]));
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      graphs[n % 2]?.invoke({ messages: [new HumanMessage(`${n}`)] }, at(`t${n % 4}`)),
    ),
  );
  const [one, other] = await Promise.all(savers.map((saver) => all(saver.list({}))));
  assert.equal(one?.length, 120);
  assert.deepEqual(one, other);
});

test("a put and a read of the newest checkpoint cost the same in a long thread as in a new one", async (t) => {
  await using creel = await Creel.open({ storage: "memory" });
  const items = t.mock.method(creel.threads, "items");
  const read = async () => {
    const pages = await Promise.all(items.mock.calls.map(({ result }) => result));
    items.mock.resetCalls();
    return pages.reduce((sum, page) => sum + (page?.data.length ?? 0), 0);
  };
  const saver = new CreelSaver(creel);
  let config: RunnableConfig = at("long");
  const step = async (n: number) => {
    const versions = { n: n + 1, ...(n === 0 && { system: 1 }) };
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(n),
      channel_values: { n, system: "You mend builds." },
      channel_versions: { n: n + 1, system: 1 },
    };
    config = await saver.put(
      config,
      checkpoint,
      { source: "loop", step: n, parents: {} },
      versions,
    );
    await saver.putWrites(config, [["n", n + 1]], "task");
    const tuple = await saver.getTuple(at("long"));
    assert.deepEqual(tuple?.checkpoint.channel_values, { n, system: "You mend builds." });
    assert.deepEqual(tuple?.pendingWrites, [["task", "n", n + 1]]);
  };
  for (let n = 0; n < 3; n += 1) await step(n);
  const early = await read();
  for (let n = 3; n < 1_500; n += 1) await step(n);
  await read();
  for (let n = 1_500; n < 1_503; n += 1) await step(n);
  assert.ok((await read()) <= early + 3);

  const fresh = new CreelSaver(creel);
  await fresh.getTuple(at("long"));
  assert.ok((await read()) <= 2 * 1_503 + 5, "a new checkpointer reads the thread once");
  await fresh.getTuple(at("long"));
  assert.ok((await read()) <= 3);
  const newest = await all(fresh.list(at("long"), { limit: 100 }));
  assert.equal(newest.length, 100);
  assert.ok((await read()) <= 400, "a page of a list reads what it needs");
});
