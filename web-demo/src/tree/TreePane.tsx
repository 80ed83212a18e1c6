// The forest: every tree of threads, virtualised, as an ARIA tree that is moved through with the arrow keys.

import { createVirtualizer, defaultRangeExtractor } from "@tanstack/solid-virtual";
import { createEffect, createMemo, createSignal, For, on, Show } from "solid-js";
import { count } from "../format.ts";
import { goTo, openThread } from "../route.ts";
import { useDemo } from "../store/context.ts";
import { type Shelf, type SortBy, treeRows } from "../store/trees.ts";
import { Icon } from "../ui/icons.tsx";
import { rowId, TreeRow } from "./TreeRow.tsx";

const ROOT_HEIGHT = 58;
const CHILD_HEIGHT = 36;

export function TreePane() {
  const { forest, actions } = useDemo();
  const [shelf, setShelf] = createSignal<Shelf>("active");
  const [sortBy, setSortBy] = createSignal<SortBy>("recencyAt");
  const [search, setSearch] = createSignal("");
  const [collapsed, setCollapsed] = createSignal<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = createSignal<string>();
  let scroller: HTMLDivElement | undefined;

  const rows = createMemo(() =>
    treeRows(forest.threads(), {
      shelf: shelf(),
      sortBy: sortBy(),
      search: search(),
      collapsed: collapsed(),
    }),
  );
  const places = createMemo(() => new Map(rows().map((row, index) => [row.thread.id, index])));
  const archived = createMemo(() => {
    let archived = 0;
    for (const thread of forest.threads().values()) if (thread.archivedAt !== null) archived += 1;
    return archived;
  });
  const active = () => {
    const id = cursor() ?? openThread();
    return id !== undefined && places().has(id) ? id : rows()[0]?.thread.id;
  };

  const virtualizer = createVirtualizer({
    get count() {
      return rows().length;
    },
    getScrollElement: () => scroller ?? null,
    estimateSize: (index) => (rows()[index]?.depth ? CHILD_HEIGHT : ROOT_HEIGHT),
    getItemKey: (index) => rows()[index]?.thread.id ?? index,
    overscan: 12,
    // The active row stays rendered however far one scrolls, or a screen reader would lose it.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      const index = places().get(active() ?? "");
      if (index === undefined || shown.includes(index)) return shown;
      return [...shown, index].sort((a, b) => a - b);
    },
  });
  // While the pane is hidden, or is just being shown again, no row is rendered: the attribute must not name one.
  const activeRow = () => {
    const id = active();
    const isActive = ({ index }: { index: number }) => rows()[index]?.thread.id === id;
    return id !== undefined && virtualizer.getVirtualItems().some(isActive) ? rowId(id) : undefined;
  };
  createEffect(on(rows, () => virtualizer.measure(), { defer: true }));

  const known = createMemo(() => {
    const id = openThread();
    return id !== undefined && forest.threads().has(id) ? id : undefined;
  });
  // The shelf follows the open thread, so that a link to an archived thread shows it in its place.
  createEffect(
    on(known, (id) => {
      const thread = id ? forest.threads().get(id) : undefined;
      if (!thread) return;
      setShelf(thread.archivedAt === null ? "active" : "archived");
      setCursor(id);
      unfoldTo(thread.parentThreadId);
      queueMicrotask(() => reveal(thread.id));
    }),
  );

  function unfoldTo(parent: string | null): void {
    const hidden = new Set(collapsed());
    for (let id = parent; id; id = forest.threads().get(id)?.parentThreadId ?? null) {
      if (!hidden.delete(id)) break;
    }
    if (hidden.size !== collapsed().size) setCollapsed(hidden);
  }

  function reveal(id: string): void {
    const index = places().get(id);
    if (index !== undefined) virtualizer.scrollToIndex(index);
  }

  function fold(id: string, folded: boolean): void {
    const next = new Set(collapsed());
    if (folded) next.add(id);
    else next.delete(id);
    setCollapsed(next);
  }

  function move(index: number): void {
    const row = rows()[Math.max(0, Math.min(rows().length - 1, index))];
    if (!row) return;
    setCursor(row.thread.id);
    reveal(row.thread.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = active();
    const index = id === undefined ? -1 : (places().get(id) ?? -1);
    const row = rows()[index];
    if (!row) return;
    const keys: Record<string, () => void> = {
      ArrowDown: () => move(index + 1),
      ArrowUp: () => move(index - 1),
      Home: () => move(0),
      End: () => move(rows().length - 1),
      ArrowRight: () => {
        if (row.descendants > 0 && !row.expanded) fold(row.thread.id, false);
        else if (row.expanded) move(index + 1);
      },
      ArrowLeft: () => {
        const parent = row.thread.parentThreadId;
        if (row.expanded) fold(row.thread.id, true);
        else if (parent && places().has(parent)) move(places().get(parent) ?? 0);
      },
      Enter: () => goTo(row.thread.id),
      " ": () => goTo(row.thread.id),
    };
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }

  function onClick(event: MouseEvent): void {
    const row =
      event.target instanceof Element && event.target.closest<HTMLElement>("[data-thread]");
    const id = row ? (row.getAttribute("data-thread") ?? undefined) : undefined;
    if (id === undefined) return;
    setCursor(id);
    goTo(id);
  }

  return (
    <section class="forest" aria-label="Threads">
      <div class="tools">
        <label class="search">
          <Icon name="search" />
          <input
            id="search"
            type="search"
            placeholder="Search threads"
            aria-label="Search threads"
            value={search()}
            onInput={(event) => setSearch(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown") scroller?.focus();
              if (event.key === "Escape" && search() === "") scroller?.focus();
              if (event.key === "Escape") setSearch("");
            }}
          />
        </label>
        <button
          type="button"
          class="strong icon"
          aria-label="New thread"
          title="New thread (N)"
          onClick={() => actions.create()}
        >
          <Icon name="plus" />
        </button>
      </div>
      <div class="tools second">
        <fieldset class="switch" aria-label="Which threads">
          <button
            type="button"
            aria-pressed={shelf() === "active"}
            onClick={() => setShelf("active")}
          >
            Active <span class="tally">{count(forest.threads().size - archived())}</span>
          </button>
          <button
            type="button"
            aria-pressed={shelf() === "archived"}
            onClick={() => setShelf("archived")}
          >
            Archived <span class="tally">{count(archived())}</span>
          </button>
        </fieldset>
        <select
          aria-label="Order"
          value={sortBy()}
          onChange={(event) => setSortBy(event.currentTarget.value as SortBy)}
        >
          <option value="recencyAt">Last turn</option>
          <option value="updatedAt">Last change</option>
          <option value="createdAt">Created</option>
        </select>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it has one of two roles */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both have a label */}
      <div
        ref={scroller}
        class="tree"
        id="tree"
        role={rows().length > 0 ? "tree" : "group"}
        tabIndex="0"
        aria-label={shelf() === "active" ? "Active threads" : "Archived threads"}
        aria-activedescendant={activeRow()}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <div
          class="canvas"
          role="presentation"
          style={{ height: `${virtualizer.getTotalSize()}px` }}
        >
          <For each={virtualizer.getVirtualItems()}>
            {(item) => (
              <Show when={rows()[item.index]}>
                {(row) => (
                  <TreeRow
                    row={row()}
                    top={item.start}
                    height={item.size}
                    active={active() === row().thread.id}
                    open={openThread() === row().thread.id}
                    live={forest.live(row().thread.id)}
                    onFold={() => fold(row().thread.id, row().expanded)}
                  />
                )}
              </Show>
            )}
          </For>
        </div>
        <Show when={forest.loaded() && rows().length === 0}>
          <p class="none">
            {search()
              ? `No ${shelf()} thread has “${search()}” in its name or first message.`
              : shelf() === "archived"
                ? "Nothing is archived."
                : "No threads yet."}
          </p>
        </Show>
      </div>
    </section>
  );
}
