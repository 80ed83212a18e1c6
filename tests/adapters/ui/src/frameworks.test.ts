/** Live objects in Svelte, Solid and Vue, by the lines that the guide gives. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Creel, type LiveObject, type LiveState } from "creel";
import { createEffect, createRoot, from } from "solid-js/dist/solid.js";
import { get } from "svelte/store";
import { effectScope, onScopeDispose, shallowRef, watchEffect } from "vue";
import { until } from "./dom.js";

/** Appends while a framework looks on, and then while it does not. */
async function watched(follow: (live: LiveObject<Shown>, see: (n: number) => void) => () => void) {
  await using creel = await Creel.open({ storage: "memory" });
  const thread = await creel.threads.create();
  const live = creel.live.items(thread.id) as LiveObject<Shown>;
  const seen: number[] = [];
  const stop = follow(live, (n) => {
    if (seen.at(-1) !== n) seen.push(n);
  });
  await live.ready();
  await thread.append([{ n: 0 }]);
  await until(() => seen.at(-1) === 1);
  await thread.append([{ n: 1 }]);
  await until(() => seen.at(-1) === 2);
  stop();
  await thread.append([{ n: 2 }]);
  await until(() => live.getSnapshot().items.length === 3);
  return seen;
}

interface Shown extends LiveState {
  items: readonly unknown[];
}

test("Svelte", async () => {
  const toSvelte = <T extends LiveState>(live: LiveObject<T>) => ({
    subscribe: (run: (value: T) => void) => {
      run(live.getSnapshot());
      return live.subscribe(() => run(live.getSnapshot()));
    },
  });
  const seen = await watched((live, see) => {
    assert.equal(get(toSvelte(live)).items.length, 0);
    return toSvelte(live).subscribe(({ items }) => see(items.length));
  });
  assert.deepEqual(seen, [0, 1, 2]);
});

test("Solid", async () => {
  const seen = await watched((live, see) =>
    createRoot((dispose) => {
      const snapshot = from<Shown>((set) => {
        set(() => live.getSnapshot());
        return live.subscribe(() => set(() => live.getSnapshot()));
      });
      createEffect(() => see(snapshot()?.items.length ?? 0));
      return dispose;
    }),
  );
  assert.deepEqual(seen, [0, 1, 2]);
});

test("Vue", async () => {
  const seen = await watched((live, see) => {
    const scope = effectScope();
    scope.run(() => {
      const snapshot = shallowRef(live.getSnapshot());
      onScopeDispose(
        live.subscribe(() => {
          snapshot.value = live.getSnapshot();
        }),
      );
      watchEffect(() => see(snapshot.value.items.length));
    });
    return () => scope.stop();
  });
  assert.deepEqual(seen, [0, 1, 2]);
});
