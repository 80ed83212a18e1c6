/** assistant-ui's own runtime, rendered, over Creel: threads are listed, named, archived and deleted. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  type AssistantRuntime,
  AssistantRuntimeProvider,
  type ChatModelAdapter,
  MessagePrimitive,
  ThreadListItemPrimitive,
  ThreadListPrimitive,
  ThreadPrimitive,
  useLocalRuntime,
  useRemoteThreadListRuntime,
} from "@assistant-ui/react";
import { Creel } from "creel";
import { type CreelThreadListOptions, creelThreadList } from "creel/assistant-ui";
import { createElement, type ReactNode, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { container, sleep, until } from "./dom.js";

const roots = new Set<Root>();

afterEach(async () => {
  for (const root of roots) root.unmount();
  roots.clear();
  await sleep(20);
});

/** Answers with what was asked, in capitals, word by word. */
const shouting: ChatModelAdapter = {
  async *run({ messages }) {
    const parts = messages.at(-1)?.content ?? [];
    const asked = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    let text = "";
    for (const word of asked.toUpperCase().split(" ")) {
      text = text ? `${text} ${word}` : word;
      await sleep(1);
      yield { content: [{ type: "text", text }] };
    }
  },
};

interface Rendered {
  runtime(): AssistantRuntime;
  element: HTMLElement;
  leave(): void;
}

/** Renders assistant-ui's components as an application does. */
function render(creel: Creel, options?: CreelThreadListOptions, strict = false): Rendered {
  const adapter = creelThreadList(creel, options);
  let current: AssistantRuntime | undefined;
  const Message = () =>
    createElement("p", { className: "message" }, createElement(MessagePrimitive.Parts));
  const Item = () =>
    createElement(
      ThreadListItemPrimitive.Root,
      { className: "thread" },
      createElement(ThreadListItemPrimitive.Title),
    );
  const runtimeHook = function useShouting() {
    return useLocalRuntime(shouting);
  };
  function App(): ReactNode {
    const runtime = useRemoteThreadListRuntime({ adapter, runtimeHook });
    current = runtime;
    return createElement(
      AssistantRuntimeProvider,
      { runtime } as Parameters<typeof AssistantRuntimeProvider>[0],
      createElement(
        "nav",
        null,
        createElement(ThreadListPrimitive.Items, { components: { ThreadListItem: Item } }),
      ),
      createElement(ThreadPrimitive.Messages, { components: { Message } }),
    );
  }
  const element = container();
  const root = createRoot(element);
  roots.add(root);
  root.render(strict ? createElement(StrictMode, null, createElement(App)) : createElement(App));
  return {
    element,
    runtime() {
      assert.ok(current);
      return current;
    },
    leave() {
      root.unmount();
      roots.delete(root);
      element.remove();
    },
  };
}

const all = (element: HTMLElement, selector: string) =>
  [...element.querySelectorAll(selector)].map((one) => one.textContent);

async function say(rendered: Rendered, text: string): Promise<void> {
  await until(() => rendered.runtime().thread.getState().isLoading === false);
  rendered.runtime().thread.append(text);
  await until(() => all(rendered.element, ".message").at(-1) === text.toUpperCase());
  await until(() => !rendered.runtime().thread.getState().isRunning);
}

for (const strict of [false, true]) {
  test(`a conversation is there again after a reload${strict ? ", in strict mode" : ""}`, async () => {
    await using creel = await Creel.open({ storage: "memory" });
    const first = render(creel, undefined, strict);
    await until(() => first.element.querySelector("nav"));
    await say(first, "why is ci red?");
    await say(first, "are you sure?");
    const said = ["why is ci red?", "WHY IS CI RED?", "are you sure?", "ARE YOU SURE?"];
    assert.deepEqual(all(first.element, ".message"), said);
    await until(async () => (await creel.stats()).items === 4);
    const { data } = await creel.threads.list();
    assert.deepEqual(
      data.map(({ preview, items }) => [preview, items]),
      [["why is ci red?", 4]],
    );
    first.leave();

    const second = render(creel, undefined, strict);
    await until(() => all(second.element, ".thread").length === 1);
    assert.deepEqual(all(second.element, ".thread"), ["why is ci red?"]);
    await second.runtime().threads.switchToThread(data[0]?.id ?? "");
    await until(() => all(second.element, ".message").length === 4);
    assert.deepEqual(all(second.element, ".message"), said);
    await say(second, "thanks");
    await until(async () => (await creel.stats()).items === 6);
    assert.equal((await creel.stats()).threads, 1);
  });
}

test("threads are named, archived, unarchived and deleted from the list", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const one = await creel.threads.create({ name: "one", metadata: { pinned: true } });
  const two = await creel.threads.create({ name: "two" });
  await two.spawn({ name: "helper" });
  const rendered = render(creel, { limit: 10 });
  await until(() => all(rendered.element, ".thread").length === 2);
  const { threads } = rendered.runtime();
  await threads.getItemById(one.id).rename("first");
  await until(() => all(rendered.element, ".thread").includes("first"));
  assert.equal((await one.read()).name, "first");
  await threads.getItemById(one.id).archive();
  await until(() => all(rendered.element, ".thread").length === 1);
  assert.notEqual((await one.read()).archivedAt, null);
  await threads.getItemById(one.id).unarchive();
  await until(() => all(rendered.element, ".thread").length === 2);
  assert.equal((await one.read()).archivedAt, null);
  await threads.getItemById(two.id).delete();
  await until(() => all(rendered.element, ".thread").length === 1);
  await until(async () => (await creel.stats()).threads === 1);
  assert.ok(await creel.threads.receipt(two.id));
});

test("the list follows other tabs when it is told to", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const rendered = render(creel);
  await until(() => rendered.element.querySelector("nav"));
  const everything = creel.live.threads({ rootsOnly: true, archived: "all" });
  const stop = everything.subscribe(() => rendered.runtime().threads.reload());
  await say(rendered, "mine");
  const other = await creel.threads.create({ name: "other" });
  await until(() => all(rendered.element, ".thread").includes("other"));
  await other.rename("renamed");
  await until(() => all(rendered.element, ".thread").includes("renamed"));
  await other.delete();
  await until(() => all(rendered.element, ".thread").join() === "mine");
  assert.deepEqual(all(rendered.element, ".message"), ["mine", "MINE"]);
  stop();
});

test("every branch is kept, and the one written last is shown", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const first = render(creel);
  await until(() => first.element.querySelector("nav"));
  await say(first, "one");
  const state = first.runtime().thread.getState();
  await first
    .runtime()
    .thread.getMessageById(state.messages[1]?.id ?? "")
    .reload();
  await until(async () => (await creel.stats()).items === 3);
  const [question] = first.runtime().thread.getState().messages;
  first.runtime().thread.append({
    parentId: null,
    sourceId: question?.id ?? null,
    role: "user",
    content: [{ type: "text", text: "two" }],
  });
  await until(async () => (await creel.stats()).items === 5);
  const { data } = await creel.threads.list();
  first.leave();
  const second = render(creel);
  await until(() => all(second.element, ".thread").length === 1);
  await second.runtime().threads.switchToThread(data[0]?.id ?? "");
  await until(() => all(second.element, ".message").join() === "two,TWO");
  const again = second.runtime().thread;
  assert.equal(
    again.getMessageById(again.getState().messages[0]?.id ?? "").getState().branchCount,
    2,
  );
  again
    .getMessageById(again.getState().messages[0]?.id ?? "")
    .switchToBranch({ position: "previous" });
  await until(() => all(second.element, ".message")[0] === "one");
  const answer = again.getState().messages[1]?.id ?? "";
  assert.equal(again.getMessageById(answer).getState().branchCount, 2);
});

test("a title that is made becomes the name", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const title = async (messages: readonly { content: readonly unknown[] }[]) =>
    `About ${messages.length} messages`;
  const rendered = render(creel, { title, create: { originator: "tests" } });
  await until(() => rendered.element.querySelector("nav"));
  await say(rendered, "hello");
  await until(() => all(rendered.element, ".thread").some((name) => name?.startsWith("About")));
  const [thread] = (await creel.threads.list()).data;
  assert.match(thread?.name ?? "", /^About \d messages$/);
  assert.equal(thread?.originator, "tests");
});
