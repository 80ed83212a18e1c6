/** `creel/node` where there is no `node:sqlite`, and the package where there is no browser. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Creel, CreelError, type StorageHost } from "creel";
import { SqliteHost } from "creel/node";
import { Database, MemoryHost } from "./memory-host.js";

test("a Node without node:sqlite is told which one has it, and nothing is made", async (t) => {
  const real = process.getBuiltinModule;
  process.getBuiltinModule = ((name: string) =>
    name === "node:sqlite" ? undefined : real?.(name)) as typeof real;
  const directory = mkdtempSync(join(tmpdir(), "creel-none-"));
  t.after(() => {
    process.getBuiltinModule = real;
    rmSync(directory, { recursive: true });
  });
  for (const thread of [true, false]) {
    await assert.rejects(SqliteHost.open(join(directory, "store"), { thread }), (error) => {
      assert.ok(error instanceof CreelError);
      assert.deepEqual([error.code, error.retryable], ["storage_unavailable", false]);
      assert.match(error.message, /22\.13/);
      assert.ok(error.message.includes(process.version));
      return true;
    });
  }
  assert.deepEqual(readdirSync(directory), []);
});

test("without IndexedDB a store is refused, and space is nothing", async () => {
  await assert.rejects(Creel.open(), { code: "storage_unavailable", retryable: false });
  await assert.rejects(Creel.stores(), { code: "storage_unavailable" });
  assert.equal(await Creel.persist(), false);
  assert.deepEqual(await Creel.estimate(), { usage: 0, quota: 0, persisted: false });
});

test("a host is closed with its store, and when that can't be opened", async () => {
  let closed = 0;
  class Counting extends MemoryHost {
    override async close() {
      closed += 1;
      return super.close();
    }
  }
  const creel = await Creel.open({ storage: new Counting(new Database()) });
  await creel.close();
  assert.equal(closed, 1);
  const failing: StorageHost = new Counting(new Database());
  failing.scan = () => Promise.reject(Object.assign(new Error("gone"), { code: "unavailable" }));
  await assert.rejects(Creel.open({ storage: failing }), { code: "storage_unavailable" });
  assert.equal(closed, 2);
});

test("a deletion asks its host to scrub, and the receipt says what that did", async () => {
  for (const answer of ["physical", "prevented", "logicalOnly"] as const) {
    const host: StorageHost = new MemoryHost(new Database());
    let scrubs = 0;
    host.scrub = async () => {
      scrubs += 1;
      return answer;
    };
    const creel = await Creel.open({ storage: host });
    const thread = await creel.threads.create();
    const receipt = await thread.delete();
    assert.equal(receipt.scrubbed, answer);
    assert.ok(scrubs > 0);
    await creel.close();
  }
  const silent: StorageHost = new MemoryHost(new Database());
  Object.defineProperty(silent, "scrub", { value: undefined });
  const creel = await Creel.open({ storage: silent });
  const receipt = await (await creel.threads.create()).delete();
  assert.equal(receipt.scrubbed, "logicalOnly");
  await creel.close();
});
