/** What threads work with beside their items: goals, logs, dynamic tools, jobs, other parents. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Creel, type CreelEvents } from "creel";

const ABSENT = "00000000-0000-4000-8000-000000000000";

test("a goal is set, changed, replaced and cleared, and listeners hear of it", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const heard: string[] = [];
  creel.on("thread/goal/updated", ({ threadId, goal }) => {
    assert.equal(threadId, thread.id);
    heard.push(`${goal.objective} ${goal.status}`);
  });
  const cleared = new Promise((resolve) => creel.on("thread/goal/cleared", resolve));
  assert.equal(await thread.goal(), undefined);
  const goal = await thread.setGoal({ objective: "Green main", tokenBudget: 500 });
  assert.deepEqual(await thread.goal(), goal);
  assert.deepEqual([goal.status, goal.tokenBudget, goal.tokensUsed], ["active", 500, 0]);
  const changed = await thread.setGoal({ status: "paused", tokenBudget: null });
  assert.deepEqual([changed.goalId, changed.tokenBudget], [goal.goalId, null]);
  const other = await thread.setGoal({ objective: "Fast main" });
  assert.notEqual(other.goalId, goal.goalId);
  assert.equal(await thread.clearGoal(), true);
  assert.equal(await thread.clearGoal(), false);
  assert.deepEqual(await cleared, { threadId: thread.id });
  assert.deepEqual(heard, ["Green main active", "Green main paused", "Fast main active"]);
  await assert.rejects(thread.setGoal({ status: "complete" }), { code: "invalid_field" });
  await assert.rejects(thread.setGoal({ objective: " " }), { code: "invalid_field" });
  await assert.rejects(creel.threads.setGoal(ABSENT, { objective: "x" }), {
    code: "thread_not_found",
  });
});

test("logs are read from any record on, and tools are replaced whole", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  assert.deepEqual([await thread.logs(), await thread.tools()], [[], []]);
  await thread.appendLogs([{ n: 0 }, { n: 1 }]);
  await thread.appendLogs('{"n":2}\n{"n":3}');
  const read = async (query?: { from?: number; limit?: number }) =>
    (await thread.logs<{ n: number }>(query)).map(({ seq, item }) => [seq, item.n]);
  const all = [0, 1, 2, 3].map((n) => [n, n]);
  assert.deepEqual(await read(), all);
  assert.deepEqual(await read({ from: 1, limit: 2 }), all.slice(1, 3));
  assert.deepEqual(await read({ from: 9 }), []);
  assert.ok(((await thread.logs())[0]?.at ?? 0) > 1e12);
  await thread.setTools([{ name: "grep" }, { name: "sed" }]);
  await thread.setTools([{ name: "awk", strict: null }]);
  assert.deepEqual(await thread.tools(), [{ name: "awk", strict: null }]);
  await thread.setTools([]);
  assert.deepEqual(await thread.tools(), []);
  const bad = <T>(value: unknown) => value as T;
  await assert.rejects(thread.appendLogs(bad([1])), { code: "invalid_item" });
  await assert.rejects(thread.appendLogs(bad(7)), { code: "invalid_field" });
  await assert.rejects(thread.setTools(bad("nonsense")), { code: "invalid_item" });
  await assert.rejects(thread.logs({ from: -1 }), { code: "invalid_field", message: /from/ });
  await assert.rejects(thread.logs({ limit: bad("many") }), { code: "invalid_field" });
});

test("a task whose thread is deleted is pending again and says why", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const heard: CreelEvents["job/changed"][] = [];
  creel.on("job/changed", (event) => heard.push(event));
  const worker = await creel.threads.create();
  const job = await creel.jobs.create({ name: "Bisect", tasks: ["left", "right"] });
  assert.deepEqual(
    job.tasks.map(({ id, status, threadId, lastError }) => [id, status, threadId, lastError]),
    [
      ["left", "pending", null, null],
      ["right", "pending", null, null],
    ],
  );
  await creel.jobs.setTask(job.id, { id: "left", status: "running", threadId: worker.id });
  await creel.jobs.setTask(job.id, { id: "right", status: "completed", threadId: worker.id });
  const receipt = await worker.delete();
  assert.equal(receipt.removed.assignments, 2);
  const after = await creel.jobs.read(job.id);
  assert.deepEqual(await creel.jobs.list(), [after]);
  assert.deepEqual(
    after.tasks.map(({ status, threadId, lastError }) => [status, threadId, lastError]),
    [
      ["pending", null, "assigned thread was deleted"],
      ["completed", null, null],
    ],
  );
  await creel.jobs.delete(job.id);
  assert.deepEqual(await creel.jobs.list(), []);
  await assert.rejects(creel.jobs.read(job.id), { code: "job_not_found" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(heard.length >= 4 && heard.every((event) => event.job === job.id));
});

test("a job that can't be is refused", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const { jobs } = creel;
  const job = await jobs.create({ name: "One" });
  const bad = <T>(value: unknown) => value as T;
  await assert.rejects(jobs.create({ name: "" }), { code: "empty_name" });
  await assert.rejects(jobs.create({ name: "x", tasks: ["a", "a"] }), { code: "invalid_field" });
  await assert.rejects(jobs.create({ name: "x", tasks: bad([1]) }), { code: "invalid_field" });
  await assert.rejects(jobs.read("nonsense"), { code: "invalid_field" });
  await assert.rejects(jobs.setTask(job.id, { id: "none", status: "pending" }), {
    code: "job_not_found",
  });
  const task = { id: "none", status: "running", threadId: "nonsense" } as const;
  await assert.rejects(jobs.setTask(job.id, task), { code: "invalid_thread_id" });
  await assert.rejects(jobs.setTask(job.id, { id: "none", status: bad("idle") }), {
    code: "invalid_field",
  });
  await assert.rejects(jobs.delete(ABSENT), { code: "job_not_found" });
});

test("a thread moves under another parent, and to the top", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const [a, b] = [await creel.threads.create(), await creel.threads.create()];
  const child = await a.spawn();
  assert.equal((await child.setParent(b.id)).parentThreadId, b.id);
  assert.deepEqual([(await a.children()).length, (await b.children()).length], [0, 1]);
  assert.equal((await child.setParent(null)).parentThreadId, null);
  await a.setParent(child.id);
  await assert.rejects(child.setParent(a.id), { code: "cycle" });
  await assert.rejects(child.setParent(ABSENT), { code: "parent_not_found" });
});

test("a deletion with grace hides at once and is undone exactly", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await creel.threads.create({ name: "Kept" });
  const child = await root.spawn();
  await child.append([{ n: 1 }]);
  await child.setGoal({ objective: "Stay" });
  const before = await creel.threads.list({ archived: "all" });
  const back = new Promise((resolve) => creel.on("thread/undeleted", resolve));
  const receipt = await root.delete({ grace: 60_000 });
  assert.equal(receipt.erasedAt, null);
  assert.equal((await creel.threads.list({ archived: "all" })).data.length, 0);
  await assert.rejects(child.goal(), { code: "thread_deleted" });
  const [pending] = await creel.pendingDeletions();
  assert.deepEqual(
    [pending?.deletion, pending?.root, pending?.name, pending?.threads, pending?.erased],
    [receipt.deletion, root.id, "Kept", 2, 0],
  );
  assert.ok((pending?.undoUntil ?? 0) > Date.now() + 50_000);
  assert.deepEqual(await creel.undelete(receipt.deletion), [root.id, child.id]);
  assert.deepEqual(await back, { threadId: root.id });
  assert.deepEqual(await creel.threads.list({ archived: "all" }), before);
  assert.equal((await child.goal())?.objective, "Stay");
  assert.deepEqual(await creel.pendingDeletions(), []);
  await assert.rejects(creel.undelete(receipt.deletion), { code: "not_undoable" });
  await assert.rejects(creel.undelete("nonsense"), { code: "invalid_field" });
});

test("deleting resolves at the commit if asked to, and the rest ends by itself", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await creel.threads.create();
  const child = await root.spawn();
  const erased = new Promise((resolve) => creel.on("deletion/erased", resolve));
  const committed = await root.delete({ wait: "committed" });
  await assert.rejects(child.read(), { code: "thread_deleted" });
  assert.deepEqual(await erased, { deletion: committed.deletion, root: root.id });
  const receipt = await creel.threads.receipt(child.id);
  assert.notEqual(receipt?.erasedAt ?? null, null);
  assert.deepEqual(await root.delete(), receipt);
});

test("children of a deleted thread are detached if asked to", async () => {
  await using creel = await Creel.open({ storage: "memory" });
  const root = await creel.threads.create();
  const child = await root.spawn();
  const grandchild = await child.spawn();
  const plan = await root.planDelete({ children: "detach" });
  assert.deepEqual([plan.members, plan.detached], [[root.id], [child.id]]);
  const { members } = await root.delete({ children: "detach" });
  assert.deepEqual(members, [root.id]);
  assert.equal((await child.read()).parentThreadId, null);
  assert.equal((await grandchild.read()).parentThreadId, child.id);
});
