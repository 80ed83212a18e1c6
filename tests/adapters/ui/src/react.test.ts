/** The hooks in React's own hands: what renders when, suspending, errors, the server. */

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, test } from "node:test";
import { Creel, type CreelError } from "creel";
import {
  CreelProvider,
  type CreelProviderProps,
  useCreel,
  useItems,
  useSuspenseItems,
  useSuspenseThreads,
  useThread,
  useThreads,
} from "creel/react";
import { Component, createElement, type ReactNode, StrictMode, Suspense } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToPipeableStream, renderToString } from "react-dom/server";
import { container, sleep, until } from "./dom.js";

const h = createElement;
const roots = new Set<Root>();

afterEach(async () => {
  for (const root of roots) root.unmount();
  roots.clear();
  await sleep(20);
});

function render(node: ReactNode, element = container()): { element: HTMLElement; root: Root } {
  const root = createRoot(element);
  roots.add(root);
  root.render(node);
  return { element, root };
}

/** The renders of each component since the count was last read. */
function counter() {
  const counts = new Map<string, number>();
  return {
    count: (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    take() {
      const taken = Object.fromEntries(counts);
      counts.clear();
      return taken;
    },
  };
}

function provider(props: CreelProviderProps, ...children: ReactNode[]): ReactNode {
  return h(CreelProvider, props, ...children);
}

test("one append renders the list of that thread, and nothing else", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const [a, b] = [
    await creel.threads.create({ name: "a" }),
    await creel.threads.create({ name: "b" }),
  ];
  const { count, take } = counter();
  function List(): ReactNode {
    count("list");
    const { threads } = useThreads({ sortKey: "createdAt", searchTerm: "" });
    return h(
      "nav",
      null,
      threads.map(({ id, name }) => h("i", { key: id }, name)),
    );
  }
  function Items({ id, name }: { id: string; name: string }): ReactNode {
    count(name);
    const { status, items } = useItems<{ n: number }>(id, { limit: 10 });
    return h(
      "ol",
      { className: `${name} ${status}` },
      items.map(({ key, item }) => h("li", { key }, item.n)),
    );
  }
  const { element, root } = render(
    provider(
      { creel },
      h(List),
      h(Items, { id: a.id, name: "a" }),
      h(Items, { id: b.id, name: "b" }),
    ),
  );
  await until(() => element.querySelectorAll(".ready").length === 2 && element.querySelector("i"));
  await sleep(50);
  take();
  await a.append([{ n: 7 }]);
  await until(() => element.querySelector("ol.a li"));
  await sleep(50);
  // The thread in the list has one item more, which its row may show.
  assert.deepEqual(take(), { a: 1, list: 1 });
  await b.append(Array.from({ length: 5 }, (_, n) => ({ n })));
  await until(() => element.querySelectorAll("ol.b li").length === 5);
  await sleep(50);
  assert.deepEqual(take(), { b: 1, list: 1 });
  assert.equal(element.querySelector("nav")?.textContent, "ba");

  // What is unmounted renders no more, and lets go of the store.
  root.unmount();
  roots.delete(root);
  await a.append([{ n: 8 }]);
  await sleep(50);
  assert.deepEqual(take(), {});
});

test("a growing item renders itself some times, however many tokens come", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  await thread.append(Array.from({ length: 50 }, (_, n) => ({ text: `${n}` })));
  const { count, take } = counter();
  const rows = new Map<string, unknown>();
  function Items(): ReactNode {
    count("items");
    const { items } = useItems<{ text: string }>(thread.id);
    for (const item of items) {
      if (rows.get(item.key) !== item) count(item.draft ? "growing" : "row");
      rows.set(item.key, item);
    }
    return h(
      "ol",
      null,
      items.map(({ key, item }) => h("li", { key }, item.text)),
    );
  }
  const { element } = render(provider({ creel }, h(Items)));
  await until(() => element.querySelectorAll("li").length === 50);
  take();
  const stream = thread.stream({ text: "" });
  await until(() => element.querySelectorAll("li").length === 51);
  const node = element.querySelector("li:last-child");
  const begun = Date.now();
  for (let n = 0; n < 10_000; n += 1) {
    stream.append("x");
    if (n % 50 === 0) await sleep(1);
  }
  const took = Date.now() - begun;
  await stream.finish();
  await until(() => creel.live.items(thread.id).getSnapshot().items.at(-1)?.seq === 50);
  await sleep(50);
  const { items = 0, row = 0 } = take();
  assert.ok(items <= took / 16 + 10, `${items} renders in ${took} ms`);
  // Only the item that was finished is another one.
  assert.equal(row, 1);
  assert.equal(element.querySelector("li:last-child"), node);
  assert.equal(node?.textContent?.length, 10_000);
});

test("in strict mode a provider opens one store, and closes it after it is gone", async () => {
  let opened = 0;
  const stores: Creel[] = [];
  const open = async () => {
    opened += 1;
    const creel = await Creel.open({ storage: "memory" });
    await creel.threads.create({ name: "kept" });
    stores.push(creel);
    return creel;
  };
  function List(): ReactNode {
    const creel = useCreel();
    const { status, threads } = useThreads();
    return h("p", null, `${Boolean(creel)} ${status} ${threads.map(({ name }) => name)}`);
  }
  const { element, root } = render(h(StrictMode, null, provider({ open }, h(List))));
  await until(() => element.textContent === "true ready kept");
  assert.equal(opened, 1);
  root.unmount();
  roots.delete(root);
  await assert.doesNotReject(async () => stores[0]?.stats());
  await until(() =>
    stores[0]?.stats().then(
      () => false,
      () => true,
    ),
  );
  await assert.rejects(async () => stores[0]?.threads.list(), { code: "closed" });
});

test("pages are loaded by calls, and a thread is followed until it is deleted", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create({ name: "first" });
  await thread.append(Array.from({ length: 30 }, (_, n) => ({ n })));
  let more: (() => Promise<void>) | undefined;
  let older: (() => Promise<void>) | undefined;
  for (let n = 0; n < 5; n += 1) await creel.threads.create();
  function View({ id }: { id?: string }): ReactNode {
    const list = useThreads({ limit: 4 });
    const items = useItems(id, { limit: 10 });
    const { status, thread } = useThread(id);
    more = list.loadMore;
    older = items.loadOlder;
    return h("p", null, [list.threads.length, items.items.length, status, thread?.name].join(" "));
  }
  const { element, root } = render(provider({ creel }, h(View)));
  await until(() => element.textContent === "4 0 loading ");
  root.render(provider({ creel }, h(View, { id: thread.id })));
  await until(() => element.textContent === "4 10 ready first");
  await Promise.all([more?.(), older?.()]);
  await until(() => element.textContent === "6 20 ready first");
  await thread.rename("second");
  await until(() => element.textContent === "6 20 ready second");
  await thread.delete();
  await until(() => element.textContent === "5 0 deleted ");
});

class Boundary extends Component<{ children?: ReactNode }, { error?: CreelError }> {
  override state: { error?: CreelError } = {};

  static getDerivedStateFromError(error: CreelError) {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? h("b", null, this.state.error.code) : this.props.children;
  }
}

test("suspending: the fallback, then everything; a failure goes to the boundary", async (t) => {
  t.mock.method(console, "error", () => undefined);
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create({ name: "a" });
  await thread.append([{ n: 1 }]);
  const seen: string[] = [];
  function View({ limit }: { limit: number }): ReactNode {
    const { threads } = useSuspenseThreads({ limit });
    const { items, status } = useSuspenseItems(thread.id);
    seen.push(`${threads.length} ${items.length} ${status}`);
    return h("p", null, `${threads.length} ${items.length}`);
  }
  const tree = (limit: number, given: CreelProviderProps) =>
    h(
      StrictMode,
      null,
      provider(given, h(Boundary, null, h(Suspense, { fallback: "…" }, h(View, { limit })))),
    );
  const { element, root } = render(tree(5, { creel: undefined }));
  await until(() => element.textContent === "…");
  root.render(tree(5, { creel }));
  await until(() => element.textContent === "1 1");
  assert.ok(
    seen.every((one) => one === "1 1 ready"),
    seen.join(),
  );
  await thread.append([{ n: 2 }]);
  await until(() => element.textContent === "1 2");
  const failing = render(tree(0, { creel }));
  await until(() => failing.element.textContent === "out_of_range");
  const unopened = render(tree(5, { open: () => Promise.reject(new Error("no room")) }));
  await until(() => unopened.element.textContent === "storage_unavailable");
});

test("a server renders what is loading, touches nothing, and the browser goes on", async (t) => {
  let opened = 0;
  const open = async () => {
    opened += 1;
    const creel = await Creel.open({ storage: "memory" });
    await creel.threads.create({ name: "kept" });
    return creel;
  };
  function Plain(): ReactNode {
    const { status, threads } = useThreads();
    return h("p", null, `${status} ${threads.length}`);
  }
  function Waits(): ReactNode {
    return h("p", null, `${useSuspenseThreads().threads.length}`);
  }
  const app = () =>
    provider({ open }, h(Plain), h(Suspense, { fallback: h("p", null, "…") }, h(Waits)));
  const { document } = globalThis;
  Object.defineProperty(globalThis, "document", {
    value: undefined,
    configurable: true,
    writable: true,
  });
  let html: string;
  const errors: unknown[] = [];
  try {
    assert.equal(renderToString(provider({ open }, h(Plain))), "<p>loading 0</p>");
    const onError = (error: unknown) => void errors.push(error);
    const through = new PassThrough();
    renderToPipeableStream(app(), { onError }).pipe(through);
    html = await text(through);
  } finally {
    Object.defineProperty(globalThis, "document", {
      value: document,
      configurable: true,
      writable: true,
    });
  }
  assert.equal(opened, 0);
  assert.equal(errors.length, 1);
  assert.match(html, /<p>loading 0<\/p>/);
  assert.match(html, /<p>…<\/p>/);

  const element = container();
  element.innerHTML = html;
  const recovered: unknown[] = [];
  t.mock.method(console, "error", () => undefined);
  const root = hydrateRoot(element, app(), {
    onRecoverableError: (error) => recovered.push(error),
  });
  roots.add(root);
  await until(() => element.textContent === "ready 11");
  // What suspended on the server is no mismatch.
  assert.ok(
    recovered.every((error) => !/hydrat|match/i.test(String(error))),
    recovered.join(),
  );
});

test("hooks outside of a provider say so", (t) => {
  t.mock.method(console, "error", () => undefined);
  const Outside = () => h("p", null, String(useThreads().status));
  assert.throws(() => renderToString(h(Outside)), /below a <CreelProvider>/);
});
