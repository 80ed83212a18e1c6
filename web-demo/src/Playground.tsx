// The playground: the forest on the left, the open thread on the right, the store's figures below.

import type { Creel } from "creel";
import { createEffect, createMemo, Match, on, onCleanup, Show, Switch } from "solid-js";
import { BenchDialog } from "./bench/BenchDialog.tsx";
import { DeletionSlips } from "./DeletionSlips.tsx";
import { DeleteDialog } from "./dialogs/DeleteDialog.tsx";
import { DoctorDialog } from "./dialogs/DoctorDialog.tsx";
import { useDrop } from "./dialogs/drop.ts";
import { HelpDialog } from "./dialogs/HelpDialog.tsx";
import { ImportDialog } from "./dialogs/ImportDialog.tsx";
import { ThreadPane } from "./history/ThreadPane.tsx";
import { findCrash } from "./plug/crash.ts";
import { PlugDialog } from "./plug/PlugDialog.tsx";
import { RecoveryDialog } from "./plug/RecoveryDialog.tsx";
import { openThread } from "./route.ts";
import { StoreStrip } from "./StoreStrip.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { createActions } from "./store/actions.ts";
import { DemoContext } from "./store/context.ts";
import { createDeletions } from "./store/deletions.ts";
import { createForest } from "./store/forest.ts";
import { threadName } from "./store/trees.ts";
import { TreePane } from "./tree/TreePane.tsx";
import { Icon, Mark } from "./ui/icons.tsx";
import { theme, toggleTheme } from "./ui/theme.ts";
import { tellError } from "./ui/toasts.tsx";
import { Welcome } from "./Welcome.tsx";

export function Playground(props: { creel: Creel; store: string }) {
  // Before anything else is asked of the store: it carries on what a crash interrupted.
  const crash = findCrash(props.creel);
  const forest = createForest(props.creel, (error) =>
    tellError("The threads can't be read", error),
  );
  const actions = createActions(props.creel);
  const deletions = createDeletions(props.creel, (error) =>
    tellError("The deletions can't be read", error),
  );
  const demo = { creel: props.creel, forest, deletions, actions };
  onCleanup(props.creel.on("error", (error) => tellError("The store reports", error)));
  useShortcuts(demo);
  crash.then(
    (found) => found && actions.openDialog({ name: "recovery", crash: found }),
    (error) => tellError("What a crash left can't be read", error),
  );
  const dragging = useDrop((files) => actions.openDialog({ name: "import", files }));

  const current = createMemo(() => {
    const id = openThread();
    return id === undefined ? undefined : forest.threads().get(id);
  });
  createEffect(() => {
    const thread = current();
    document.title = thread ? `${threadName(thread)} · Creel` : "Creel";
  });
  // What had the focus may be gone with the thread; the keys go on from the tree.
  createEffect(
    on(
      openThread,
      (id) => {
        if (id !== undefined) return;
        queueMicrotask(() => {
          if (document.activeElement === document.body) document.getElementById("tree")?.focus();
        });
      },
      { defer: true },
    ),
  );
  const empty = () => forest.loaded() && forest.threads().size === 0 && openThread() === undefined;

  return (
    <DemoContext.Provider value={demo}>
      <div class="page" classList={{ reading: openThread() !== undefined, empty: empty() }}>
        <header class="masthead">
          <a class="wordmark" href="#/">
            <Mark />
            <h1>Creel</h1>
          </a>
          <p class="claim">keeps the conversations of agents, and every thread that they spawn.</p>
          <nav aria-label="Page">
            <button
              type="button"
              class="quiet"
              onClick={() => actions.openDialog({ name: "import" })}
            >
              <Icon name="folder" />
              <span>Open sessions…</span>
            </button>
            <button
              type="button"
              class="quiet icon"
              aria-label={theme() === "dark" ? "Use light colours" : "Use dark colours"}
              title="Dark or light (T)"
              onClick={toggleTheme}
            >
              <Icon name={theme() === "dark" ? "sun" : "moon"} />
            </button>
            <button
              type="button"
              class="quiet icon"
              aria-label="Keyboard shortcuts"
              title="Keyboard shortcuts (?)"
              onClick={() => actions.openDialog({ name: "help" })}
            >
              <Icon name="help" />
            </button>
          </nav>
        </header>
        <main>
          <TreePane />
          <section class="reader" id="reader" aria-label="Reader">
            <Switch>
              <Match when={empty()}>
                <Welcome />
              </Match>
              <Match when={openThread()} keyed>
                {(id) => <ThreadPane id={id} />}
              </Match>
              <Match when={forest.loaded()}>
                <div class="blank">
                  <p>Choose a thread to read it.</p>
                  <p class="hint">
                    <kbd>↑</kbd> <kbd>↓</kbd> move through the tree, <kbd>Enter</kbd> opens,{" "}
                    <kbd>?</kbd> shows all keys.
                  </p>
                </div>
              </Match>
            </Switch>
          </section>
        </main>
        <StoreStrip />
      </div>
      <DeletionSlips />
      <Show when={dragging()}>
        <div class="drop-veil">
          <p>Drop sessions of Codex or an export to open them</p>
        </div>
      </Show>
      <Show when={actions.dialog()} keyed>
        {(dialog) => (
          <Switch>
            <Match when={dialog.name === "delete" && dialog}>
              {(it) => <DeleteDialog id={it().id} />}
            </Match>
            <Match when={dialog.name === "import" && dialog}>
              {(it) => <ImportDialog files={it().files} />}
            </Match>
            <Match when={dialog.name === "doctor"}>
              <DoctorDialog />
            </Match>
            <Match when={dialog.name === "bench"}>
              <BenchDialog />
            </Match>
            <Match when={dialog.name === "plug"}>
              <PlugDialog store={props.store} />
            </Match>
            <Match when={dialog.name === "recovery" && dialog}>
              {(it) => <RecoveryDialog crash={it().crash} />}
            </Match>
            <Match when={dialog.name === "help"}>
              <HelpDialog />
            </Match>
          </Switch>
        )}
      </Show>
    </DemoContext.Provider>
  );
}
