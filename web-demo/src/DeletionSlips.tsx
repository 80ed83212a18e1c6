// A slip in the corner for each deletion that is not finished: first the time to undo it, then how far the erasing is.

import type { PendingDeletion } from "creel";
import { createEffect, createSignal, For, on, onCleanup, Show } from "solid-js";
import { Portal } from "solid-js/web";
import { dye } from "./dyes.ts";
import { bytes, count, counted } from "./format.ts";
import { useDemo } from "./store/context.ts";
import { GRACE_MS } from "./store/deletions.ts";
import { noticesPlace, tell, tellError } from "./ui/toasts.tsx";

/** More slips would cover the page. */
const MOST = 3;

export function DeletionSlips() {
  const { creel, deletions } = useDemo();
  // Said once for each deletion: a countdown that is read aloud would drown everything else.
  const [heard, setHeard] = createSignal("");
  createEffect(
    on(
      () => deletions.pending()[0]?.deletion,
      () => {
        const newest = deletions.pending()[0];
        if (!newest || deletions.left(newest) === 0) {
          setHeard("");
          return;
        }
        const seconds = Math.round(deletions.left(newest) / 1000);
        setHeard(
          `Deleted ${newest.name ?? "a tree"}: ${counted(newest.threads, "thread")}. Press U to undo it within ${seconds} seconds.`,
        );
      },
    ),
  );
  deletions.onErased((root) => {
    creel.threads.receipt(root).then(
      (receipt) => {
        if (!receipt) return;
        const { threads, items, bytes: size } = receipt.removed;
        tell(
          `Erased ${counted(threads ?? 0, "thread")}`,
          `${counted(items ?? 0, "item")}, ${bytes(size ?? 0)}. The store was read back: nothing of them is left.`,
        );
      },
      (error) => tellError("The receipt can't be read", error),
    );
  });
  return (
    <Portal mount={noticesPlace()}>
      <p class="heard" role="status">
        {heard()}
      </p>
      <Show when={deletions.pending().length > 0}>
        <section class="slips" aria-label="Deletions">
          <For each={deletions.pending().slice(0, MOST)}>{(it) => <Slip deletion={it} />}</For>
          <Show when={deletions.pending().length > MOST}>
            <p class="hint">and {count(deletions.pending().length - MOST)} more</p>
          </Show>
        </section>
      </Show>
    </Portal>
  );
}

function Slip(props: { deletion: PendingDeletion }) {
  const { actions, deletions } = useDemo();
  const it = () => props.deletion;
  const left = () => deletions.left(it());
  const undoable = () => left() > 0;
  return (
    <div class="slip" data-deletion={it().deletion} style={{ "--dye": dye(it().root) }}>
      <div class="line">
        <div>
          <strong>{undoable() ? (it().name ?? "A thread without a name") : "Erasing"}</strong>
          <p data-slip>
            <Show when={undoable()} fallback={<Erasing deletion={it()} />}>
              Deleted {counted(it().threads, "thread")}
              <span class="countdown" aria-hidden="true">
                {Math.ceil(left() / 1000)} s
              </span>
            </Show>
          </p>
        </div>
        <Show when={undoable()}>
          <UndoButton onUndo={() => actions.undo(it())} />
        </Show>
      </div>
      <Show
        when={undoable()}
        fallback={<progress aria-label="Threads erased" max={it().threads} value={it().erased} />}
      >
        <progress aria-label="Time left to undo" max={GRACE_MS} value={left()} />
      </Show>
    </div>
  );
}

function UndoButton(props: { onUndo: () => void }) {
  let button: HTMLButtonElement | undefined;
  // Who is about to press it when its time is over goes on from the tree.
  onCleanup(() => {
    if (document.activeElement === button) document.getElementById("tree")?.focus();
  });
  return (
    <button ref={button} type="button" title="Undo (U)" onClick={() => props.onUndo()}>
      Undo
    </button>
  );
}

function Erasing(props: { deletion: PendingDeletion }) {
  const it = () => props.deletion;
  return (
    <>
      {count(it().erased)} of {counted(it().threads, "thread")}
      <Show when={it().lastError}>
        {(reason) => (
          <>
            . Failed {counted(it().attempts, "time")}, and is tried again: {reason()}
          </>
        )}
      </Show>
    </>
  );
}
