/** The host of `creel/node` by itself: the kit, its files, other programs' locks, every error. */

import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { CreelError, Write } from "creel";
import { SqliteHost } from "creel/node";
import { hostConformance } from "creel/testing";
import { mode, place, REPOSITORY, refused } from "./places.js";

const WAYS = [
  ["in a thread", true],
  ["in the caller's thread", false],
] as const;
const ALL = { start: "!", end: "~" };
const FILE = "creel.sqlite3";

const put = (key: string, value = key): Write => {
  return { type: "put", table: "history", key, value: new TextEncoder().encode(value) };
};

async function store(host: SqliteHost, ...keys: string[]): Promise<void> {
  await host.commit({ checks: [], writes: keys.map((key) => put(key)) }, "relaxed");
}

async function keys(host: SqliteHost): Promise<string[]> {
  const { records } = await host.scan("history", ALL, 10_000, "ascending");
  return records.map(([key]) => key);
}

async function opened(t: TestContext, thread = true): Promise<{ host: SqliteHost; path: string }> {
  const path = place(t);
  const host = await SqliteHost.open(path, { thread });
  t.after(() => host.close());
  return { host, path };
}

for (const [way, thread] of WAYS) {
  test(`${way}, the host conforms`, async (t) => {
    const directory = place(t);
    const options = {
      watch: true,
      open: (name: string) => SqliteHost.open(join(directory, name), { thread }),
    };
    for (const { name, run } of hostConformance(options)) await t.test(name, run);
  });

  test(`${way}, a store is its owner's alone, and one file when it is closed`, async (t) => {
    const path = join(place(t), "deep", "store");
    const host = await SqliteHost.open(path, { thread });
    await store(host, "k");
    assert.equal(mode(path), "700");
    const open = ["creel.reserve", FILE, `${FILE}-shm`, `${FILE}-wal`];
    assert.deepEqual(readdirSync(path).sort(), open);
    for (const name of open) assert.equal(mode(join(path, name)), "600", name);
    await host.close();
    await host.close();
    assert.deepEqual(readdirSync(path).sort(), open.slice(0, 2));
    assert.equal((await refused(host.get("history", ["k"]))).code, "closed");
    assert.equal((await refused(store(host, "k"))).code, "closed");
    assert.equal((await refused(host.scrub())).code, "closed");
  });

  test(`${way}, errors keep their codes and causes`, async (t) => {
    const newer = await opened(t, thread);
    await newer.host.close();
    const database = new DatabaseSync(join(newer.path, FILE));
    database.exec("PRAGMA user_version = 7");
    database.close();
    const before = readFileSync(join(newer.path, FILE));
    const tooNew = await refused(SqliteHost.open(newer.path, { thread }));
    assert.deepEqual([tooNew.code, tooNew.found, tooNew.known], ["schema_too_new", 7, 1]);
    assert.deepEqual(readFileSync(join(newer.path, FILE)), before);

    const foreign = place(t);
    mkdirSync(foreign);
    const theirs = new DatabaseSync(join(foreign, FILE));
    theirs.exec("CREATE TABLE theirs (x); PRAGMA application_id = -5");
    theirs.close();
    const garbage = place(t);
    mkdirSync(garbage);
    writeFileSync(join(garbage, FILE), "no database ".repeat(1000));
    for (const path of [foreign, garbage]) {
      const error = await refused(SqliteHost.open(path, { thread }));
      assert.deepEqual([error.code, error.key], ["corrupt", FILE], error.message);
    }

    const file = place(t);
    writeFileSync(file, "");
    for (const path of [file, join(file, "below")]) {
      const error = await refused(SqliteHost.open(path, { thread }));
      assert.deepEqual(
        [error.code, error.retryable],
        ["storage_unavailable", false],
        error.message,
      );
      assert.match(error.message, /store/);
      assert.ok(error.cause instanceof Error);
    }
    for (const path of ["", 7 as unknown as string]) {
      assert.equal((await refused(SqliteHost.open(path, { thread }))).code, "invalid_field");
    }
  });

  test(`${way}, another program's short lock is waited for, and reads don't wait`, async (t) => {
    const { host, path } = await opened(t, thread);
    const other = new DatabaseSync(join(path, FILE));
    other.exec("BEGIN IMMEDIATE");
    let committed = false;
    const waiting = store(host, "k").then(() => {
      committed = true;
    });
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    for (let n = 0; n < 20; n++) {
      assert.deepEqual(await keys(host), []);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    clearInterval(ticking);
    assert.ok(turns >= 20, `only ${turns} turns of the event loop in 200 ms`);
    assert.equal(committed, false);
    other.exec("ROLLBACK");
    await waiting;
    assert.deepEqual(await keys(host), ["k"]);
    other.close();
  });

  test(`${way}, a damaged page is corrupt and never an answer`, async (t) => {
    const { host, path } = await opened(t, thread);
    const all = Array.from({ length: 2000 }, (_, n) => `k/${String(n).padStart(4, "0")}`);
    await store(host, ...all);
    await host.close();
    const bytes = readFileSync(join(path, FILE));
    // The first pages hold the schema and roots of tables; all others are overwritten.
    bytes.fill(0x5a, 8 * 4096);
    writeFileSync(join(path, FILE), bytes);
    const damaged = await SqliteHost.open(path, { thread });
    t.after(() => damaged.close());
    let corrupt = 0;
    for (const key of all) {
      try {
        const [value] = await damaged.get("history", [key]);
        assert.equal(new TextDecoder().decode(value), key);
      } catch (error) {
        const { code, key } = error as CreelError & { key: string };
        assert.deepEqual([code, key], ["corrupt", FILE]);
        corrupt += 1;
      }
    }
    assert.notEqual(corrupt, 0);
    const checks = [{ table: "history" as const, key: all[1500] ?? "" }];
    const error = await refused(damaged.commit({ checks, writes: [put("new")] }, "strict"));
    assert.equal(error.code, "corrupt");
    assert.deepEqual(await damaged.get("history", ["new"]).catch(() => [undefined]), [undefined]);
  });
}

test("another program's long lock is blocked after ten seconds, and nothing is written", async (t) => {
  const { host, path } = await opened(t);
  const other = new DatabaseSync(join(path, FILE));
  other.exec("BEGIN IMMEDIATE");
  const error = await refused(store(host, "k"));
  assert.deepEqual([error.code, error.retryable], ["blocked", true]);
  other.exec("ROLLBACK");
  other.close();
  assert.deepEqual(await keys(host), []);
  await store(host, "k");
});

test("a directory that can't be written is unavailable", async (t) => {
  if (process.getuid?.() === 0) return t.skip("root may write everywhere");
  const path = place(t);
  chmodSync(dirname(path), 0o500);
  const error = await refused(SqliteHost.open(path));
  assert.deepEqual([error.code, error.retryable], ["storage_unavailable", false]);
});

test("the file is that of the native backend", async (t) => {
  const { host, path } = await opened(t);
  await host.close();
  const database = new DatabaseSync(join(path, FILE));
  t.after(() => database.close());
  const value = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  assert.equal(value("PRAGMA application_id"), 0x43726565);
  assert.equal(value("PRAGMA user_version"), 1);
  assert.equal(value("PRAGMA page_size"), 4096);
  assert.equal(value("PRAGMA journal_mode"), "wal");
  const tables = database.prepare("SELECT sql || ';' AS sql FROM sqlite_schema WHERE sql NOT NULL");
  const native = join(REPOSITORY, "core/src/storage/sqlite/schema.sql");
  const expected = readFileSync(native, "utf8").trim().split("\n");
  assert.deepEqual(
    tables.all().map(({ sql }) => sql),
    expected,
  );
});

test("a store of format 1 opens", async (t) => {
  const path = place(t);
  mkdirSync(path);
  const fixture = join(REPOSITORY, "core/tests/fixtures/sqlite-1/creel.sqlite3");
  copyFileSync(fixture, join(path, FILE));
  const host = await SqliteHost.open(pathToFileURL(path));
  t.after(() => host.close());
  for (const table of ["journal", "catalog", "history"] as const) {
    const { records } = await host.scan(table, ALL, 10, "ascending");
    const read = records.map(([key, value]) => [key, new TextDecoder().decode(value)]);
    assert.deepEqual(read, [["0000000000000001", `{"table":"${table}"}`]]);
  }
  await store(host, "k");
  assert.ok(existsSync(join(path, "creel.reserve")));
});

for (const [way, thread] of WAYS) {
  test(`${way}, the log stays short while commits go on`, async (t) => {
    const { host, path } = await opened(t, thread);
    let longest = 0;
    for (let n = 0; n < 600; n++) {
      // SQLite writes no page anew whose content stays the same.
      const value = new Uint8Array(128 << 10).fill(n);
      const key = String(n % 100).padStart(4, "0");
      const write: Write = { type: "put", table: "history", key, value };
      await host.commit({ checks: [], writes: [write] }, "relaxed");
      longest = Math.max(longest, statSync(join(path, `${FILE}-wal`)).size);
    }
    assert.ok(longest > 16 << 20, "the log never needed shortening");
    assert.ok(longest < 64 << 20, `${longest}`);
  });
}

test("in the caller's thread, calls one after the other leave turns to others", async (t) => {
  const { host } = await opened(t, false);
  let turns = 0;
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  for (let n = 0; n < 200; n++) {
    const value = new Uint8Array(256 << 10).fill(n);
    const write: Write = { type: "put", table: "history", key: String(n), value };
    await host.commit({ checks: [], writes: [write] }, "relaxed");
  }
  clearImmediate(next);
  assert.ok(turns >= 5, `${turns} turns`);
});
