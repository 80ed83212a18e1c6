/** A whole store in SQLite from JavaScript: what is left after a deletion, a kill, a full disk, an exit. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { Creel } from "creel";
import { SqliteHost } from "creel/node";
import { holding, place, refused, smallDisk } from "./places.js";

async function open(path: string, options: { thread?: boolean } = {}): Promise<Creel> {
  return Creel.open({ storage: await SqliteHost.open(path, options) });
}

async function opened(t: TestContext, path: string): Promise<Creel> {
  const creel = await open(path);
  t.after(() => creel.close());
  return creel;
}

test("a store outlives its process, and a deleted tree leaves no byte in any file", async (t) => {
  const path = place(t);
  const first = await open(path);
  const root = await first.threads.create({ name: "canary of the root" });
  const kept = await first.threads.create({ name: "Kept" });
  for (let n = 0; n < 60; n++) {
    const child = await root.spawn({ agentNickname: `canary ${n}` });
    await child.append([{ text: "canary ".repeat(n * 20) }]);
    await kept.append([{ n, text: "x".repeat(n * 31) }]);
  }
  await first.close();
  assert.notDeepEqual(holding(path, "canary"), []);
  const second = await opened(t, path);
  assert.equal((await second.threads.list({ archived: "all", limit: 100 })).data.length, 62);
  const receipt = await second.threads.delete(root.id);
  assert.equal(receipt.scrubbed, "physical");
  assert.deepEqual(holding(path, "canary"), []);
  assert.equal((await second.threads.read(kept.id)).items, 60);
  assert.deepEqual((await second.check()).findings, []);
});

test("two stores in one process hear of each other and lose nothing", async (t) => {
  const path = place(t);
  const [one, two] = [await opened(t, path), await opened(t, path)];
  const started = new Promise<string>((resolve) => {
    two.on("thread/started", ({ thread }) => resolve(thread.id));
  });
  const { id } = await one.threads.create();
  assert.equal(await started, id);
  const numbers = Array.from({ length: 200 }, (_, n) => n);
  await Promise.all(numbers.map((n) => (n % 2 ? one : two).threads.append(id, [{ n }])));
  await one.refresh();
  const found: number[] = [];
  for await (const { item } of one.threads.open(id).items<{ n: number }>()) found.push(item.n);
  assert.deepEqual(
    found.sort((a, b) => a - b),
    numbers,
  );
});

test("what was acknowledged outlives a kill", async (t) => {
  const path = place(t);
  const child = spawn(process.execPath, [join(import.meta.dirname, "victim.js"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: number[] = [];
  let id = "";
  for await (const line of createInterface({ input: child.stdout })) {
    if (id === "") id = line;
    else if (acknowledged.push(Number(line)) === 200) child.kill("SIGKILL");
  }
  assert.ok(acknowledged.length >= 200);
  const creel = await opened(t, path);
  const found: number[] = [];
  for await (const { item } of creel.threads.open(id).items<{ n: number }>()) found.push(item.n);
  assert.deepEqual(found.slice(0, acknowledged.length), acknowledged);
  assert.deepEqual((await creel.check()).findings, []);
});

test("a full disk refuses to write, says so, and a deletion makes room", async (t) => {
  const disk = smallDisk(t, 8);
  if (!disk) return t.skip("this user may mount no small disk");
  const path = join(disk, "store");
  const creel = await opened(t, path);
  const doomed = await creel.threads.create({ name: "Doomed" });
  const kept = await creel.threads.create({ name: "Kept" });
  await kept.append([{ n: 0 }]);
  const text = "x".repeat(100_000);
  let written = 0;
  const filling = async () => {
    for (; written < 200; written++) await doomed.append([{ n: written, text }]);
  };
  const full = await refused(filling());
  assert.equal(full.code, "quota_exceeded");
  assert.ok(full.cause instanceof Error, String(full.cause));
  assert.ok(written > 5, `${written}`);
  assert.equal((await doomed.read()).items, written, "nothing of the refused append is there");
  assert.equal((await kept.read()).items, 1);
  const receipt = await doomed.delete({ wait: "committed" });
  assert.deepEqual(receipt.members, [doomed.id]);
  await refused(doomed.read());
  const reopened = await opened(t, path);
  const { data } = await reopened.threads.list({ archived: "all" });
  assert.deepEqual(
    data.map(({ name }) => name),
    ["Kept"],
  );
});

test("a store on a full disk opens for reading and deleting, and a new one is refused", async (t) => {
  const disk = smallDisk(t, 4);
  if (!disk) return t.skip("this user may mount no small disk");
  const path = join(disk, "store");
  const creel = await open(path);
  const { id } = await creel.threads.create({ name: "Kept" });
  await creel.close();
  execFileSync("sh", ["-c", `cat /dev/zero > ${join(disk, "filler")} 2>/dev/null || true`]);
  assert.equal((await refused(SqliteHost.open(join(disk, "another")))).code, "quota_exceeded");
  const reading = await open(path);
  assert.equal((await reading.threads.read(id)).name, "Kept");
  assert.equal((await refused(reading.threads.create())).code, "quota_exceeded");
  await reading.threads.delete(id, { wait: "committed" });
  await reading.close();
});

for (const thread of [true, false]) {
  test(`an open store keeps no program alive, a commit does (thread: ${thread})`, async (t) => {
    const path = place(t);
    const program = `
      import { SqliteHost } from "creel/node";
      const host = await SqliteHost.open(${JSON.stringify(path)}, { thread: ${thread} });
      host.watch(() => undefined);
      const value = new Uint8Array(16 << 20);
      const writes = [{ type: "put", table: "history", key: "k", value }];
      host.commit({ checks: [], writes }, "strict").then(() => console.log("committed"));
    `;
    const words = ["--no-warnings", "--input-type=module", "-e", program];
    const child = spawn(process.execPath, words, { cwd: import.meta.dirname });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
    });
    child.stderr.pipe(process.stderr);
    const [code] = await once(child, "close");
    clearTimeout(timer);
    assert.deepEqual([code, said], [0, "committed\n"]);
    const host = await SqliteHost.open(path);
    const [value] = await host.get("history", ["k"]);
    assert.equal(value?.byteLength, 16 << 20);
    await host.close();
  });
}
