/** One page or worker of a real browser owns the store; frames, workers and pages use it over ports. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "./browser.js";
import { openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

let server: StaticServer;
let browser: Browser;

before(async () => {
  server = await servePackage();
  browser = await Browser.start();
});

after(async () => {
  await browser.stop();
  await server.stop();
});

test("a frame and a worker use the store that the page has in IndexedDB", async () => {
  const tab = await openTab(browser, server.address);
  const result = await tab.evaluate(async () => {
    const [pageAt, bridgeAt] = ["/pages/bridge-page.js", "/creel/dist/bridge/index.js"];
    const pages = (await import(pageAt)) as typeof import("./pages/bridge-page.js");
    const { serveBridge } = (await import(bridgeAt)) as typeof import("creel/bridge");
    const store = await creel.Creel.open({ name: "bridged" });
    const [frame, worker] = await Promise.all([pages.frame(), pages.worker()]);
    const ends = [frame, worker].map(({ port }) => serveBridge(store, port));
    // Whoever answers has introduced itself, and hears of everything from then on.
    for (const user of [frame, worker]) await user.order("thread/list");
    const { id } = await store.threads.create({ name: "Fix the build" });
    const listed = await frame.order("thread/list");
    const threadId = id;
    const items = [{ type: "note", text: "from the worker" }];
    await worker.order("creel/items/append", { threadId, items });
    const renamed = await worker.order("thread/name/set", { threadId, name: "Fixed" });
    const kept = await store.threads.read(id);
    await frame.order("thread/delete", { threadId });
    const refused = await worker.order("thread/read", { threadId });
    const heard = [await frame.order("heard"), await worker.order("heard")];
    frame.tell("close");
    await ends[0]?.closed;
    const left = await store.threads.list({ archived: "all" });
    await store.close();
    await ends[1]?.closed;
    const last = [await frame.order("heard"), await worker.order("heard")];
    return { id, listed, renamed, kept, refused, heard, left: left.data, last };
  });
  const { id } = result;
  const { data } = result.listed as { data: { id: string; name: string }[] };
  assert.deepEqual(
    data.map(({ id, name }) => [id, name]),
    [[id, "Fix the build"]],
  );
  assert.deepEqual(result.renamed, {});
  assert.deepEqual([result.kept.name, result.kept.items], ["Fixed", 1]);
  const refusal = { name: "CreelError", code: "thread_deleted", rpcCode: -32600 };
  assert.deepEqual(result.refused, refusal);
  const told = ["thread/started", "thread/name/updated", "thread/deleted"];
  const all = told.map((method) => `${method} ${id}`);
  assert.deepEqual(result.heard, [all, all]);
  assert.deepEqual(result.left, []);
  const ended = [...all, "closed"];
  assert.deepEqual(result.last, [ended, ended]);
});

test("a worker's store outlives its users, and its end is told to those who wait", async () => {
  const tab = await openTab(browser, server.address);
  const result = await tab.evaluate(async () => {
    const bridgeAt = "/creel/dist/bridge/index.js";
    const { connectBridge } = (await import(bridgeAt)) as typeof import("creel/bridge");
    const owner = new Worker("/pages/bridge-owner.js", { type: "module" });
    const connect = () => {
      const { port1, port2 } = new MessageChannel();
      owner.postMessage("port", [port2]);
      return connectBridge(port1);
    };
    const first = await connect();
    const deleted = new Promise<unknown>((resolve) => first.on("thread/deleted", resolve));
    const second = await connect();
    const items = [{ type: "note" }];
    const { thread } = await first.request<{ thread: { id: string } }>("thread/start", {});
    await first.request("thread/inject_items", { threadId: thread.id, items });
    await second.request("thread/delete", { threadId: thread.id });
    const heard = await deleted;
    second.close();
    await first.request("thread/list");
    owner.terminate();
    const reason = await first.closed;
    const refused = await first.request("thread/list").catch(({ code }) => code);
    return { id: thread.id, heard, codes: [reason.code, refused] };
  });
  assert.deepEqual(result.heard, { threadId: result.id });
  assert.deepEqual(result.codes, ["closed", "closed"]);
});

test("a frame that is removed ends its bridge", async () => {
  const tab = await openTab(browser, server.address);
  const left = await tab.evaluate(async () => {
    const [pageAt, bridgeAt] = ["/pages/bridge-page.js", "/creel/dist/bridge/index.js"];
    const pages = (await import(pageAt)) as typeof import("./pages/bridge-page.js");
    const { serveBridge } = (await import(bridgeAt)) as typeof import("creel/bridge");
    const store = await creel.Creel.open({ storage: "memory" });
    const frame = await pages.frame();
    const end = serveBridge(store, frame.port);
    await frame.order("thread/list");
    frame.end();
    await end.closed;
    const { data } = await store.threads.list();
    await store.close();
    return data.length;
  });
  assert.equal(left, 0);
});
