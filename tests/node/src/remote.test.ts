/** A store on a server: the typed API over the wire, events, hooks, tokens, and every way to lose it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import type { ChangeEvent } from "creel";
import { type ConnectOptions, Creel, CreelError } from "creel/remote";
import { CuttingProxy, needs, Place, serve } from "./serving.js";

async function open(t: TestContext, url: string, options: ConnectOptions): Promise<Creel> {
  const creel = await Creel.connect(url, options);
  t.after(() => creel.close());
  return creel;
}

/** Resolves when something is so; a test that waits for good ends by its own limit. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("the typed API goes over the wire", needs, async (t) => {
  const place = new Place(t);
  const token = place.token("a");
  const server = await serve(t, place);
  const creel = await open(t, server.url, { token });
  const root = await creel.threads.create({ name: "Fix the build", metadata: { own: true } });
  assert.deepEqual(await root.append([{ type: "userMessage", text: "CI is red" }]), {
    first: 0,
    count: 1,
  });
  // A text is kept digit by digit.
  await root.append('{"n":1.0,"big":12345678901234567890}');
  const child = await root.spawn({ agentNickname: "log reader" });
  const found: unknown[] = [];
  for await (const { seq, item } of root.items()) found.push([seq, Object.keys(item)]);
  assert.deepEqual(found, [
    [0, ["type", "text"]],
    [1, ["n", "big"]],
  ]);
  assert.deepEqual(
    (await creel.threads.list({ rootsOnly: true })).data.map(({ name }) => name),
    ["Fix the build"],
  );
  assert.deepEqual(
    (await root.children()).map(({ id }) => id),
    [child.id],
  );
  assert.equal(await root.goal(), undefined);
  await root.setGoal({ objective: "green" });
  assert.equal((await root.goal())?.objective, "green");
  assert.equal(await root.clearGoal(), true);
  await root.appendLogs([{ line: 1 }]);
  assert.deepEqual(
    (await root.logs()).map(({ item }) => item),
    [{ line: 1 }],
  );
  await root.setTools([{ name: "shell" }]);
  assert.deepEqual(await root.tools(), [{ name: "shell" }]);
  const job = await creel.jobs.create({ name: "Review", tasks: ["one", "two"] });
  const task = { id: "one", status: "running", threadId: child.id } as const;
  assert.equal((await creel.jobs.setTask(job.id, task)).tasks[0]?.status, "running");
  await creel.jobs.delete(job.id);
  assert.deepEqual(await creel.jobs.list(), []);
  const fork = await root.fork({ length: 1 });
  assert.equal((await fork.read()).forkedFromId, root.id);
  assert.equal((await fork.pop()).length, 1);
  assert.deepEqual(await root.archive(), [root.id, child.id]);
  await root.unarchive();
  const stream = root.stream({ type: "agentMessage", text: "" });
  stream.append("Looking");
  await stream.keep();
  assert.deepEqual(
    (await root.drafts()).map(({ item }) => item),
    [{ type: "agentMessage", text: "Looking" }],
  );
  await stream.finish();
  assert.deepEqual(await root.drafts(), []);
  assert.equal((await creel.check()).findings.length, 0);
  const listed = await creel.request<{ data: { id: string }[] }>("thread/list");
  assert.ok(listed.data.some(({ id }) => id === root.id));
  const graced = await fork.delete({ grace: 60_000 });
  assert.deepEqual(await creel.undelete(graced.deletion), [fork.id]);
  const plan = await root.planDelete();
  const progress: number[] = [];
  const receipt = await root.delete({
    plan: plan.token,
    onProgress: ({ erased }) => progress.push(erased),
  });
  assert.equal(receipt.removed.threads, 2);
  assert.deepEqual(progress, [2]);
  assert.deepEqual(await creel.threads.receipt(root.id), receipt);
  assert.equal((await creel.stats()).threads, 1);
});

test("errors are those of the store", needs, async (t) => {
  const place = new Place(t);
  place.token("a");
  const server = await serve(t, place);
  // A token that is made while the server runs counts once the file is read again.
  const token = place.token("b");
  await assert.rejects(Creel.connect(server.url, { token }), { code: "unauthorized" });
  server.reload();
  let creel: Creel | undefined;
  await until(async () => {
    creel = await Creel.connect(server.url, { token }).catch(() => undefined);
    return creel !== undefined;
  });
  assert.ok(creel);
  const { threads, request } = creel;
  t.after(() => creel?.close());
  const unknown = "00000000-0000-4000-8000-000000000000";
  const refused: [() => Promise<unknown>, string][] = [
    [() => threads.read(unknown), "thread_not_found"],
    [() => threads.read("no id"), "invalid_thread_id"],
    [() => threads.create({ parentThreadId: unknown }), "parent_not_found"],
    [() => threads.list({ limit: 5000 }), "out_of_range"],
    [() => threads.list({ sortKey: "size" as "createdAt" }), "invalid_field"],
    [() => threads.append(unknown, "nonsense"), "invalid_item"],
    [() => request.call(creel, "thread/nope"), "unknown_method"],
  ];
  for (const [call, code] of refused) {
    await assert.rejects(call(), (error) => {
      assert.ok(error instanceof CreelError);
      assert.equal(error.code, code, error.message);
      return true;
    });
  }
});

test("a token opens its own stores, and may be one that only reads", needs, async (t) => {
  const place = new Place(t);
  const [a, b, both] = [place.token("a"), place.token("b"), place.token("a", "--store", "b")];
  const reader = place.token("a", "--read-only");
  const server = await serve(t, place);
  const [one, two] = [
    await open(t, server.url, { token: a }),
    await open(t, server.url, { token: b }),
  ];
  const { id } = await one.threads.create({ name: "Secret" });
  await assert.rejects(two.threads.read(id), { code: "thread_not_found" });
  await assert.rejects(two.threads.append(id, [{}]), { code: "thread_not_found" });
  await assert.rejects(two.threads.delete(id), { code: "thread_not_found" });
  const either = await open(t, server.url, { token: both, store: "a" });
  assert.equal((await either.threads.read(id)).name, "Secret");
  const reading = await open(t, server.url, { token: reader });
  assert.equal((await reading.threads.read(id)).name, "Secret");
  for (const call of [
    () => reading.threads.append(id, [{}]),
    () => reading.threads.delete(id),
    () => reading.request("thread/delete", { threadId: id }),
    () => reading.import("{}"),
  ]) {
    await assert.rejects(call(), { code: "read_only" });
  }
  const unauthorized = { code: "unauthorized" };
  const connect = (options: ConnectOptions) => Creel.connect(server.url, options);
  await assert.rejects(connect({ token: `${a}0` }), unauthorized);
  await assert.rejects(connect({ token: "x" }), unauthorized);
  await assert.rejects(connect({ token: a, store: "b" }), unauthorized);
  await assert.rejects(connect({ token: a, store: "../a" }), unauthorized);
  await assert.rejects(connect({ token: both }), unauthorized);
  await assert.rejects(connect({ token: "" }), { code: "invalid_field" });
  const query = Creel.connect(`${server.url}/?token=${a}`, { token: a });
  await assert.rejects(query, { code: "invalid_field" });
});

test("what another client does is heard, also through `live`", needs, async (t) => {
  const place = new Place(t);
  const token = place.token("a");
  const server = await serve(t, place);
  const [one, two] = [await open(t, server.url, { token }), await open(t, server.url, { token })];
  const heard: string[] = [];
  one.on("thread/started", ({ thread }) => heard.push(`started ${thread.name}`));
  one.on("thread/items/appended", ({ first, count }) => heard.push(`appended ${first} ${count}`));
  one.on("thread/deleted", () => heard.push("deleted"));
  const list = one.live.threads({ rootsOnly: true });
  t.after(list.subscribe(() => undefined));
  await list.ready();
  const root = await two.threads.create({ name: "Shared" });
  await root.append([{ n: 1 }, { n: 2 }]);
  await until(() => list.getSnapshot().threads[0]?.items === 2);
  await root.delete();
  await until(() => list.getSnapshot().threads.length === 0);
  assert.deepEqual(heard, ["started Shared", "appended 0 2", "deleted"]);
});

test("an export of one server is an import of another", needs, async (t) => {
  const place = new Place(t);
  const [a, b] = [place.token("a"), place.token("b")];
  const server = await serve(t, place);
  const [one, two] = [
    await open(t, server.url, { token: a }),
    await open(t, server.url, { token: b }),
  ];
  const root = await one.threads.create({ name: "Whole" });
  const items = Array.from({ length: 1_500 }, (_, n) => ({ n, text: "ä".repeat(500) }));
  await root.append(items);
  const report = await two.import(one.export());
  assert.deepEqual([report.threads, report.items, report.problems], [1, 1_500, []]);
  const found: unknown[] = [];
  for await (const { item } of two.threads.open(root.id).items()) found.push(item);
  assert.deepEqual(found, items);
});

/** Keeps what a client hears, and says what is wrong with it. */
function record(creel: Creel): ChangeEvent[] {
  const heard: ChangeEvent[] = [];
  creel.on("change", (event) => heard.push(event));
  creel.on("missed", (gap) => assert.fail(`missed ${JSON.stringify(gap)}`));
  return heard;
}

test(
  "cut in the middle again and again, no event is lost or doubled, and no write either",
  needs,
  async (t) => {
    const place = new Place(t);
    const token = place.token("a");
    const server = await serve(t, place);
    const proxy = await CuttingProxy.start(t, () => server.port);
    const [steady, shaky, writer] = [
      await open(t, server.url, { token }),
      await open(t, proxy.url, { token }),
      await open(t, proxy.url, { token }),
    ];
    const [expected, found] = [record(steady), record(shaky)];
    const { id } = await steady.threads.create({ name: "Log" });
    let writing = true;
    const cutting = (async () => {
      while (writing) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
        proxy.cut();
      }
    })();
    const written: number[] = [];
    // One by one, then in bursts; every one through a connection that is cut.
    for (let n = 0; n < 50; n += 1) {
      await writer.threads.append(id, [{ n }]);
      written.push(n);
    }
    const rest = Array.from({ length: 300 }, (_, n) => 50 + n);
    while (rest.length > 0) {
      const burst = rest.splice(0, 20);
      await Promise.all(burst.map((n) => writer.threads.append(id, [{ n }])));
      written.push(...burst);
    }
    writing = false;
    await cutting;
    assert.ok(proxy.made > 20, `only ${proxy.made} connections were made`);
    const stored: number[] = [];
    for await (const { item } of shaky.threads.open(id).items<{ n: number }>()) stored.push(item.n);
    assert.deepEqual(
      [...stored].sort((a, b) => a - b),
      written,
      "each was written once",
    );
    await until(() => found.length >= expected.length && expected.length >= 351);
    assert.deepEqual(found, expected);
    const positions = found.map(({ position }) => position);
    assert.deepEqual(
      positions,
      [...positions].sort((a, b) => a - b),
    );
  },
);

test("a server that stops and starts again is come back to", needs, async (t) => {
  const place = new Place(t);
  const token = place.token("a");
  let server = await serve(t, place);
  const { port } = server;
  const creel = await open(t, server.url, { token });
  const heard = record(creel);
  const states: string[] = [];
  creel.onConnection((state) => states.push(state));
  const { id } = await creel.threads.create({ name: "Before" });
  assert.equal(await server.end("SIGTERM"), 0);
  await until(() => creel.connection === "connecting");
  const waiting = creel.threads.rename(id, "After");
  server = await serve(t, place, { port });
  assert.equal((await waiting).name, "After");
  assert.equal((await creel.threads.read(id)).name, "After");
  await until(() => heard.length === 2);
  assert.deepEqual(states, ["connecting", "open"]);
});

test(
  "a change whose server was killed is said to be unknown, and a read is asked again",
  needs,
  async (t) => {
    const place = new Place(t);
    const token = place.token("a");
    let server = await serve(t, place);
    const { port } = server;
    const creel = await open(t, server.url, { token });
    const { id } = await creel.threads.create();
    // So many that most are on their way when the server dies.
    const appends = Array.from({ length: 300 }, (_, n) => creel.threads.append(id, [{ n }]));
    const reads = Array.from({ length: 50 }, () => creel.threads.read(id));
    const settled = Promise.allSettled(appends);
    await appends[0];
    await server.end("SIGKILL");
    server = await serve(t, place, { port });
    const outcomes = await settled;
    for (const thread of await Promise.all(reads)) assert.equal(thread.id, id);
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason.code] : [],
    );
    assert.ok(refused.length > 0, "every append was answered before the end");
    assert.deepEqual(new Set(refused), new Set(["outcome_unknown"]));
    const stored = new Set<number>();
    for await (const { item } of creel.threads.open(id).items<{ n: number }>()) {
      assert.ok(!stored.has(item.n), `${item.n} is there twice`);
      stored.add(item.n);
    }
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.status === "fulfilled") assert.ok(stored.has(n), `${n} is lost`);
    }
  },
);

test("a token that is taken back ends its connections for good", needs, async (t) => {
  const place = new Place(t);
  const token = place.token("a");
  const server = await serve(t, place);
  const creel = await open(t, server.url, { token });
  const list = creel.live.threads();
  t.after(list.subscribe(() => undefined));
  await list.ready();
  writeFileSync(place.tokens, "");
  server.reload();
  await until(() => creel.connection === "closed");
  await assert.rejects(creel.threads.list(), { code: "unauthorized" });
  assert.equal(list.getSnapshot().error?.code, "unauthorized");
});

test("a server that is not there is said to be unreachable in the time given", needs, async () => {
  const nobody = Creel.connect("ws://127.0.0.1:9", { token: "x", timeout: 200 });
  await assert.rejects(nobody, { code: "unreachable", retryable: true });
  await assert.rejects(Creel.connect("ftp://x", { token: "x" }), { code: "invalid_field" });
  await assert.rejects(Creel.connect("nonsense", { token: "x" }), { code: "invalid_field" });
});

test("too many requests in a second are held back, and too long ones refused", needs, async (t) => {
  const place = new Place(t);
  const token = place.token("a");
  const words = ["--rate", "50", "--max-message", "2048"];
  const server = await serve(t, place, { words });
  const creel = await open(t, server.url, { token });
  const { id } = await creel.threads.create();
  await Promise.all(Array.from({ length: 120 }, (_, n) => creel.threads.append(id, [{ n }])));
  assert.equal((await creel.threads.read(id)).items, 120);
  const long = creel.threads.append(id, [{ text: "x".repeat(3000) }]);
  await assert.rejects(long, { code: "too_large" });
  assert.equal((await creel.threads.read(id)).items, 120);
});
