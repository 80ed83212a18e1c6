// The selvedge: what the store holds, as a woven band with one stripe for each tree and in figures, and what can be
// done with the store as a whole.

import type { StoreStats } from "creel";
import { createMemo, createSignal, For, onCleanup, Show } from "solid-js";
import { dye } from "./dyes.ts";
import { bytes, count, milliseconds } from "./format.ts";
import { openThread, threadHref } from "./route.ts";
import { useDemo } from "./store/context.ts";
import { createSpace } from "./store/space.ts";
import { threadName } from "./store/trees.ts";
import { Icon } from "./ui/icons.tsx";
import { tellError } from "./ui/toasts.tsx";

const MOST_STRIPES = 60;

export function StoreStrip() {
  const { creel, forest, actions } = useDemo();
  const space = createSpace(creel);
  const spaceText = () => {
    const known = space();
    return known && `${bytes(known.usage)} of ${bytes(known.quota)}`;
  };
  const [stats, setStats] = createSignal<StoreStats>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = () => {
    timer = undefined;
    creel.stats().then(setStats, (error) => tellError("The store's figures can't be read", error));
  };
  const stop = creel.on("change", () => {
    timer ??= setTimeout(read, 120);
  });
  onCleanup(() => {
    stop();
    clearTimeout(timer);
  });
  read();

  const stripes = createMemo(() => {
    const trees = new Map<string, number>();
    for (const thread of forest.threads().values()) {
      const root = forest.rootOf(thread.id);
      trees.set(root, (trees.get(root) ?? 0) + thread.bytes);
    }
    return [...trees]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, MOST_STRIPES)
      .map(([root, size]) => ({ root, size, thread: forest.threads().get(root) }));
  });

  return (
    <footer class="strip">
      <div class="selvedge" aria-hidden="true">
        <For each={stripes()}>
          {({ root, size, thread }) => (
            <span
              title={thread ? `${threadName(thread)}: ${bytes(size)} in its tree` : ""}
              style={{ "background-color": dye(root), "flex-grow": Math.sqrt(size + 400) }}
            />
          )}
        </For>
      </div>
      <div class="sill">
        <dl>
          <Figure name="Threads" value={stats() && count(stats()?.threads ?? 0)} />
          <Figure name="Items" value={stats() && count(stats()?.items ?? 0)} />
          <Figure name="Size" value={stats() && bytes(stats()?.bytes ?? 0)} />
          <Figure
            name="Journal"
            value={
              stats() &&
              `${count(stats()?.journalEntries ?? 0)} · ${bytes(stats()?.journalBytes ?? 0)}`
            }
            title="Entries that no checkpoint has packed yet, and their bytes"
          />
          <Figure
            name="Last commit"
            value={stats()?.lastCommitMs == null ? "–" : milliseconds(stats()?.lastCommitMs ?? 0)}
            title="How long this tab's newest commit took"
          />
          <Figure
            name="Space"
            value={spaceText()}
            title="What this site takes of the browser's storage, of what it may take"
          />
          <Show when={stats()?.pendingDeletions}>
            {(pending) => <Figure name="Deleting" value={count(pending())} />}
          </Show>
        </dl>
        <div class="store-deeds" role="toolbar" aria-label="Store">
          <button
            type="button"
            class="quiet"
            title="Check every record (D)"
            onClick={() => actions.openDialog({ name: "doctor" })}
          >
            <Icon name="pulse" />
            <span>Doctor</span>
          </button>
          <button
            type="button"
            class="quiet"
            title="Measure Creel beside raw IndexedDB and Dexie, in this browser"
            onClick={() => actions.openDialog({ name: "bench" })}
          >
            <Icon name="gauge" />
            <span>Benchmark</span>
          </button>
          <button
            type="button"
            class="quiet"
            title="Save every thread in one file, which can be opened here again"
            onClick={() => actions.save()}
          >
            <Icon name="save" />
            <span>Export</span>
          </button>
          <button
            type="button"
            class="quiet"
            title="Crash in the middle of deleting 2,000 threads"
            onClick={() => actions.openDialog({ name: "plug" })}
          >
            <Icon name="plug" />
            <span>Pull the plug</span>
          </button>
          <a
            class="button quiet"
            href={threadHref(openThread())}
            target="_blank"
            rel="noopener"
            title="The same store in another tab: what one does, the other shows"
          >
            <Icon name="tab" />
            <span>Second tab</span>
          </a>
        </div>
      </div>
    </footer>
  );
}

function Figure(props: { name: string; value: string | undefined; title?: string }) {
  return (
    <div title={props.title}>
      <dt>{props.name}</dt>
      <dd data-figure={props.name.toLowerCase().replace(" ", "-")}>{props.value ?? "–"}</dd>
    </div>
  );
}
