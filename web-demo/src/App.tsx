// The page: opens the store, says so when that fails, and otherwise shows the playground.

import { Creel } from "creel";
import { createResource, Match, onCleanup, Switch } from "solid-js";
import { Playground } from "./Playground.tsx";
import { Mark } from "./ui/icons.tsx";
import { useTheme } from "./ui/theme.ts";
import { describe, Toasts } from "./ui/toasts.tsx";

const STORE = "demo";

export function App() {
  useTheme();
  const [creel, { refetch }] = createResource(() => Creel.open({ name: STORE }));
  onCleanup(() => creel.latest?.close());
  return (
    <>
      <Switch>
        <Match when={creel.error}>
          <main class="failure">
            <Mark />
            <h1>The store does not open</h1>
            <p>{describe(creel.error).text}</p>
            <p>
              <code>{describe(creel.error).code ?? "error"}</code>
            </p>
            <button type="button" class="strong" onClick={() => refetch()}>
              Try again
            </button>
          </main>
        </Match>
        <Match when={creel()}>{(open) => <Playground creel={open()} store={STORE} />}</Match>
      </Switch>
      <Toasts />
    </>
  );
}
