/** A store that a worker owns, used over ports: answers, order, errors, and every way to end. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { Creel, CreelError } from "creel";
import { type BridgeClient, connectBridge, portOf, serveBridge, vscodePort } from "creel/bridge";

interface Listed {
  data: { id: string; name: string | null }[];
}

/** Starts a worker with one thread in its store, and returns it with the thread's id. */
async function owner(t: TestContext): Promise<{ worker: Worker; root: string }> {
  const worker = new Worker(new URL("./bridge-worker.js", import.meta.url), {
    workerData: "Fix the build",
  });
  t.after(() => worker.terminate());
  const [root] = await once(worker, "message");
  return { worker, root };
}

function connect(worker: Worker): Promise<BridgeClient> {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return connectBridge(port1);
}

test("a worker's store is used by several clients, each told of everything in order", async (t) => {
  const { worker, root } = await owner(t);
  const [one, two] = await Promise.all([connect(worker), connect(worker)]);
  const heard: Record<"one" | "two", string[]> = { one: [], two: [] };
  for (const [name, client] of Object.entries({ one, two })) {
    for (const event of ["archived", "unarchived", "deleted", "name/updated"]) {
      client.on<{ threadId: string }>(`thread/${event}`, ({ threadId }) => {
        assert.equal(threadId, root);
        heard[name as "one" | "two"].push(event);
      });
    }
  }
  const listed = await one.request<Listed>("thread/list", { limit: 5 });
  assert.deepEqual(
    listed.data.map(({ id, name }) => [id, name]),
    [[root, "Fix the build"]],
  );
  const threadId = root;
  await one.request("thread/name/set", { threadId, name: "Fixed" });
  assert.deepEqual(heard.one, [], "the answer comes first");
  await two.request("thread/archive", { threadId });
  assert.deepEqual(heard.two.at(-1), "name/updated", "what was before comes before");
  await one.request("thread/unarchive", { threadId });
  await two.request("thread/delete", { threadId });
  await one.request("thread/list");
  await two.request("thread/list");
  const all = ["name/updated", "archived", "unarchived", "deleted"];
  assert.deepEqual(heard, { one: all, two: all });
  one.close();
  two.close();
});

test("requests that are sent at once are answered in order", async (t) => {
  const { worker, root } = await owner(t);
  using client = await connect(worker);
  const answered: number[] = [];
  const requests = Array.from({ length: 100 }, async (_, n) => {
    await client.request("creel/items/append", { threadId: root, items: [{ type: "note", n }] });
    answered.push(n);
  });
  await Promise.all(requests);
  assert.deepEqual(
    answered,
    answered.map((_, n) => n),
  );
});

test("errors are those of the store, with the code of the protocol", async (t) => {
  const { worker, root } = await owner(t);
  using client = await connect(worker);
  await assert.rejects(client.request("thread/nope"), (error) => {
    assert.ok(error instanceof CreelError);
    assert.deepEqual([error.code, error.rpcCode], ["unknown_method", -32600]);
    return true;
  });
  await client.request("thread/delete", { threadId: root });
  await assert.rejects(client.request("thread/read", { threadId: root }), {
    code: "thread_deleted",
    retryable: false,
    message: `thread not loaded: ${root}`,
  });
});

test("a client that closes rejects what it waits for, and the store goes on", async (t) => {
  const { worker } = await owner(t);
  const [closing, staying] = await Promise.all([connect(worker), connect(worker)]);
  const waiting = closing.request("thread/list");
  closing.close();
  closing.close();
  await assert.rejects(waiting, { code: "closed" });
  await assert.rejects(closing.request("thread/list"), { code: "closed" });
  assert.equal((await closing.closed).code, "closed");
  assert.equal((await staying.request<Listed>("thread/list")).data.length, 1);
  staying.close();
});

test("a store that closes ends its bridges", async (t) => {
  const { worker } = await owner(t);
  const client = await connect(worker);
  worker.postMessage("close");
  const reason = await client.closed;
  assert.deepEqual([reason.code, reason.message], ["closed", "the store is closed"]);
  await assert.rejects(client.request("thread/list"), { code: "closed" });
});

test("a worker that is gone rejects what is waited for", async (t) => {
  const { worker } = await owner(t);
  const client = await connect(worker);
  worker.postMessage("hang");
  const waiting = client.request("thread/list");
  await Promise.all([assert.rejects(waiting, { code: "closed" }), worker.terminate()]);
  await assert.rejects(client.request("thread/list"), { code: "closed" });
});

test("a server that closes its end keeps its store", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { port1, port2 } = new MessageChannel();
  const server = serveBridge(creel, port2);
  const client = await connectBridge(port1);
  const waiting = client.request("thread/list");
  server.close();
  await Promise.all([assert.rejects(waiting, { code: "closed" }), server.closed, client.closed]);
  assert.equal((await creel.threads.list()).data.length, 0);
});

test("nobody at the other end is an error that may pass", async () => {
  const { port1 } = new MessageChannel();
  await assert.rejects(connectBridge(port1, { timeout: 20 }), {
    code: "bridge_unanswered",
    retryable: true,
  });
});

test("what is no message of the bridge is left alone or answered", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { port1, port2 } = new MessageChannel();
  const server = serveBridge(creel, port2);
  const client = await connectBridge(port1);
  for (const noise of [{ app: "message" }, 5, null]) {
    port1.postMessage(noise);
    port2.postMessage(noise);
  }
  // The server answers that it is none, under no id; the client has asked nothing.
  port1.postMessage("nonsense");
  port2.postMessage("nonsense");
  port2.postMessage("null");
  assert.deepEqual((await client.request<Listed>("thread/list")).data, []);
  client.close();
  await server.closed;
});

test("a connection speaks the protocol over any transport", async () => {
  const creel = await Creel.open({ storage: "memory" });
  const sent: { id?: number; method?: string; error?: { code: number } }[] = [];
  const connection = await creel.connect((message) => sent.push(JSON.parse(message)));
  await connection.handle("nonsense");
  await connection.handle('{"id":1,"method":"thread/list"}');
  await connection.handle('{"id":2,"method":"initialize"}');
  await creel.threads.create();
  while (sent.length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(
    sent.map(({ id, method, error }) => id ?? method ?? error?.code),
    [-32700, 1, 2, "thread/started"],
  );
  await creel.close();
  await connection.closed;
  await assert.rejects(connection.handle("{}"), { code: "closed" });
});

/** A webview as VS Code has them: messages go over as JSON, and there is none while it is hidden. */
function webview() {
  let inside: ((message: unknown) => void) | undefined;
  const extension = new Set<(message: unknown) => void>();
  const carried = (message: unknown) => JSON.parse(JSON.stringify(message));
  const webview = {
    postMessage(message: unknown) {
      setTimeout(() => inside?.(carried(message)));
      return Promise.resolve(true);
    },
    onDidReceiveMessage(listener: (message: unknown) => void) {
      extension.add(listener);
      return { dispose: () => void extension.delete(listener) };
    },
  };
  /** Loads the page of the webview, anew if need be; what an earlier one listened for is gone. */
  const load = () =>
    portOf(
      (text) =>
        setTimeout(() => {
          for (const listener of extension) listener(carried(text));
        }),
      (hear) => {
        inside = hear;
      },
    );
  return { webview, load, listeners: () => extension.size };
}

test("an extension serves a webview, and the same one again when it was loaded anew", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { webview: own, load, listeners } = webview();
  const server = serveBridge(creel, vscodePort(own));
  const first = await connectBridge(load());
  const heard: string[] = [];
  first.on<{ thread: { name: string } }>("thread/started", ({ thread }) => {
    heard.push(`first ${thread.name}`);
  });
  await creel.threads.create({ name: "one" });
  await first.request("thread/list");
  // The page is gone without a word, and another one is in its place.
  const second = await connectBridge(load());
  second.on<{ thread: { name: string } }>("thread/started", ({ thread }) => {
    heard.push(`second ${thread.name}`);
  });
  await creel.threads.create({ name: "two" });
  const { data } = await second.request<Listed>("thread/list");
  assert.equal(data.length, 2);
  assert.deepEqual(heard, ["first one", "second two"]);
  second.close();
  await server.closed;
  assert.equal(listeners(), 0);
  assert.equal((await creel.threads.list()).data.length, 2);
});

test("a webview finds its messages among those of its window", async () => {
  const window = new EventTarget();
  const real = {
    addEventListener: globalThis.addEventListener,
    removeEventListener: globalThis.removeEventListener,
  };
  Object.assign(globalThis, {
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
  });
  try {
    await using creel = await Creel.open({ storage: "memory" });
    let toExtension: (message: unknown) => void = () => undefined;
    const send = (data: unknown) => window.dispatchEvent(new MessageEvent("message", { data }));
    serveBridge(
      creel,
      portOf(send, (hear) => {
        toExtension = hear;
      }),
    );
    const api = { postMessage: (message: unknown) => setTimeout(() => toExtension(message)) };
    send({ command: "of the application" });
    const client = await connectBridge(vscodePort(api));
    send("something else");
    assert.deepEqual((await client.request<Listed>("thread/list")).data, []);
    client.close();
  } finally {
    Object.assign(globalThis, real);
  }
});
