// The items of a thread, virtualised: only the visible ones are in the page, and only pages near them in memory.
// It opens at the newest item and stays there while items stream in, until someone scrolls up.

import { createVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createMemo, createSignal, For, on, onMount, Show } from "solid-js";
import { count, counted } from "../format.ts";
import type { History } from "../store/history.ts";
import { Icon } from "../ui/icons.tsx";
import { ItemRow } from "./ItemRow.tsx";

const GUESSED_HEIGHT = 56;
const NEAR_END = 48;

export function Items(props: { history: History }) {
  const history = props.history;
  const [pinned, setPinned] = createSignal(true);
  const [seen, setSeen] = createSignal(0);
  const [opened, setOpened] = createSignal<ReadonlySet<number>>(new Set());
  let scroller: HTMLDivElement | undefined;
  let lastTop = 0;

  const virtualizer = createVirtualizer({
    get count() {
      return history.length();
    },
    getScrollElement: () => scroller ?? null,
    estimateSize: () => GUESSED_HEIGHT,
    overscan: 10,
    paddingStart: 20,
    paddingEnd: 28,
    onChange: () => {
      if (pinned()) toEnd();
    },
  });

  const visible = createMemo(
    () => {
      const items = virtualizer.getVirtualItems();
      return [items[0]?.index ?? 0, items.at(-1)?.index ?? 0] as const;
    },
    undefined,
    { equals: (a, b) => a[0] === b[0] && a[1] === b[1] },
  );
  createEffect(() => history.show(...visible()));
  createEffect(
    on([history.length, pinned], ([length, isPinned]) => {
      if (!isPinned) return;
      setSeen(length);
      queueMicrotask(toEnd);
    }),
  );
  onMount(toEnd);

  function toEnd(): void {
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
  }

  function onScroll(): void {
    if (!scroller) return;
    const fromEnd = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    if (fromEnd < NEAR_END) setPinned(true);
    else if (scroller.scrollTop < lastTop) setPinned(false);
    lastTop = scroller.scrollTop;
  }

  function toggle(seq: number): void {
    const next = new Set(opened());
    if (!next.delete(seq)) next.add(seq);
    setOpened(next);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.target !== scroller) return;
    if (event.key === "End") setPinned(true);
    else if (["Home", "PageUp", "ArrowUp"].includes(event.key)) setPinned(false);
    else return;
    if (event.key === "Home") virtualizer.scrollToIndex(0);
    if (event.key === "End") toEnd();
  }

  return (
    <div class="items-frame">
      {" "}
      <div
        ref={scroller}
        class="items"
        role="log"
        aria-label="Items"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex="0"
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        data-held={history.held()}
      >
        <div class="canvas" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          <For each={virtualizer.getVirtualItems()}>
            {(it) => (
              <div
                class="item"
                data-index={it.index}
                ref={(element) => queueMicrotask(() => virtualizer.measureElement(element))}
                style={{ transform: `translateY(${it.start}px)` }}
              >
                <Show when={history.item(it.index)} fallback={<div class="unread" />}>
                  {(stored) => (
                    <ItemRow
                      stored={stored()}
                      opened={opened().has(it.index)}
                      onToggle={() => toggle(it.index)}
                    />
                  )}
                </Show>
              </div>
            )}
          </For>
        </div>
        <Show when={history.length() === 0}>
          <div class="blank">
            <p>No items yet.</p>
            <p class="hint">Write the first message, or let the simulated agent work.</p>
          </div>
        </Show>
      </div>
      <Show when={history.length() > 12}>
        <div class="jumps">
          <button
            type="button"
            class="quiet icon"
            aria-label="To the first item"
            title="To the first item (Home)"
            onClick={() => {
              setPinned(false);
              virtualizer.scrollToIndex(0);
            }}
          >
            <Icon name="up" />
          </button>
          <span class="place">
            {count(Math.min(visible()[1] + 1, history.length()))} / {count(history.length())}
          </span>
          <button
            type="button"
            class="quiet icon"
            aria-label="To the newest item"
            title="To the newest item (End)"
            disabled={pinned()}
            onClick={() => setPinned(true)}
          >
            <Icon name="down" />
          </button>
        </div>
      </Show>
      <Show when={!pinned() && history.length() > seen()}>
        <button type="button" class="news strong" onClick={() => setPinned(true)}>
          {counted(history.length() - seen(), "new item")} <Icon name="down" />
        </button>
      </Show>
    </div>
  );
}
