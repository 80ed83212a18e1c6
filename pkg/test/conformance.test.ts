/** The kit of `creel/testing`: a sound host passes all of it, and every planted fault is found. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StorageHost } from "creel";
import { hostConformance } from "creel/testing";
import { FAULTS } from "./faults.js";
import { Database, MemoryHost } from "./memory-host.js";

/** Opens handles of one kind, of one database a name. */
function opener(Host: new (database: Database) => StorageHost) {
  const databases = new Map<string, Database>();
  return (name: string) => {
    const database = databases.get(name) ?? new Database();
    databases.set(name, database);
    return new Host(database);
  };
}

for (const { name, run } of hostConformance({ open: opener(MemoryHost), watch: true })) {
  test(`a sound host: ${name}`, run);
}

test("every case has a name of its own", () => {
  const names = hostConformance({ open: opener(MemoryHost), watch: true }).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 45, `${names.length} cases`);
});

test("what a host can't do is left out", () => {
  const open = opener(MemoryHost);
  const names = (options: object) => hostConformance({ open, ...options }).map(({ name }) => name);
  const all = names({ watch: true });
  const small = names({ watch: true, maxValue: 65_536 });
  assert.deepEqual(
    all.filter((name) => !small.includes(name)),
    ["values of 1024 KiB are kept", "values of 16384 KiB are kept"],
  );
  const single = names({ shared: false });
  assert.ok(single.length >= 35 && single.every((name) => !name.includes("handles ")), `${single}`);
});

test("each case has a database of its own, closes what it opened and removes it", async () => {
  const opened = new Map<string, number>();
  const removed: string[] = [];
  const open = opener(
    class extends MemoryHost {
      override async close() {
        assert.ok(this.database.hosts.has(this), "closed twice");
        return super.close();
      }
    },
  );
  const cases = hostConformance({
    watch: true,
    open: (name) => {
      assert.ok(!removed.includes(name));
      opened.set(name, (opened.get(name) ?? 0) + 1);
      return open(name);
    },
    remove: (name) => removed.push(name),
  });
  for (const { run } of cases) await run();
  assert.deepEqual(removed, [...opened.keys()]);
  assert.equal(removed.length, cases.length);
});

for (const [fault, Host] of Object.entries(FAULTS)) {
  test(`a fault is found: ${fault}`, async (t) => {
    const options = { watch: true, patience: 200, maxValue: 65_536 };
    const cases = hostConformance({ open: opener(Host), ...options });
    const found: string[] = [];
    for (const { name, run } of cases) {
      // One that fails is enough, and says what it was in one line.
      const failure = await run().catch((error: Error) => error);
      if (!failure) continue;
      assert.ok(failure instanceof Error && failure.message.length < 700, failure.message);
      found.push(`${name}: ${failure.message}`);
      break;
    }
    assert.notEqual(found.length, 0, "the fault went unseen");
    t.diagnostic(found.join("\n"));
  });
}
