import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "./plan.js";

test("everything is measured unless a glance is asked for", () => {
  assert.equal(plan({}).full, true);
  assert.equal(plan({ BENCH_MODE: "quick" }).full, false);
});

test("a glance is at one backend, and starts no browser again", () => {
  const { field, starts } = plan({ BENCH_MODE: "quick" });
  assert.deepEqual(
    field.map(({ backend }) => backend),
    ["leveldb"],
  );
  assert.equal(starts, 0);
});

test("a mode that is neither is refused by its name", () => {
  assert.throws(() => plan({ BENCH_MODE: "fast" }), /BENCH_MODE is `fast`/);
});

test("minutes that are no number are refused", () => {
  assert.throws(() => plan({ BENCH_ENDURANCE: "long" }), /BENCH_ENDURANCE is `long`/);
  assert.throws(() => plan({ BENCH_ENDURANCE: "-1" }), /BENCH_ENDURANCE is `-1`/);
});

test("names narrow the field, and unknown ones leave nothing", () => {
  const { field } = plan({ BENCH_BACKENDS: "sqlite", BENCH_CONTENDERS: "creel,raw" });
  assert.deepEqual(field, [{ backend: "sqlite", contenders: ["creel", "raw"] }]);
  assert.throws(() => plan({ BENCH_CONTENDERS: "kreel" }), /leave nothing to be measured/);
});
