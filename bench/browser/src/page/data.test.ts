import assert from "node:assert/strict";
import { test } from "node:test";
import { fillings, items, LARGE, SMALL, tree } from "./data.js";

test("items have their size as JSON, to the byte", () => {
  for (const size of [SMALL, LARGE]) {
    for (const item of items(12, size)) assert.equal(JSON.stringify(item).length, size);
  }
});

test("the same arguments give the same items, and other seeds give others", () => {
  assert.deepEqual(items(3, SMALL, 7), items(3, SMALL, 7));
  assert.notDeepEqual(items(3, SMALL, 7), items(3, SMALL, 8));
});

test("a tree has a root and 1,000 descendants, each after its parent", () => {
  const rows = tree(3);
  const seen = new Set<string | null>([null]);
  for (const row of rows) {
    assert.ok(seen.has(row.parent));
    seen.add(row.id);
    assert.equal(row.root, rows[0]?.id);
  }
  assert.equal(rows.length, 1_001);
});

test("no two threads of a store have one id", () => {
  for (const make of Object.values(fillings)) {
    const rows = make();
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  }
});

test("the stores have 10,000 and 100,000 threads", () => {
  assert.equal(fillings["10k"]().length, 10_002);
  assert.equal(fillings["100k"]().length, 100_000);
});
