// After a crash: what was decided before it, what the page found, and how the store finished it, step by step.

import { type JSX, Show } from "solid-js";
import { bytes, clock, count, counted } from "../format.ts";
import { useDemo } from "../store/context.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { tellError } from "../ui/toasts.tsx";
import { type Crash, followRecovery } from "./crash.ts";
import { dropNote } from "./note.ts";

export function RecoveryDialog(props: { crash: Crash }) {
  const { creel, actions } = useDemo();
  const { note, decided, decidedAt, erased, answer, foundAt } = props.crash;
  const recovery = followRecovery(creel, props.crash, (error) =>
    tellError("The recovery can't be followed", error),
  );
  // Read once: it is told here, and a later reload has nothing to tell.
  dropNote();
  const ended = () => recovery.report() !== undefined && recovery.others() !== undefined;
  return (
    <Dialog title="After the crash" class="recovery" onClose={actions.closeDialog}>
      <ol class="story" data-recovery={ended() ? "ended" : "running"} aria-live="polite">
        <Show when={decided}>
          <Step at={decidedAt ?? recovery.receipt()?.deletedAt} title="The deletion was decided">
            One journal entry for {counted(note.threads, "thread")} with{" "}
            {counted(note.items, "item")}.
          </Step>
        </Show>
        <Step
          at={note.pulledAt}
          title={note.pulledAt ? "The plug was pulled" : "The page died without a word"}
        >
          The page had heard of {count(note.erased)} erased threads.
        </Step>
        <Step at={foundAt} title="This page opened the store">
          <span data-found={erased}>
            {decided
              ? `The deletion was there, ${count(erased)} of ${counted(note.threads, "thread")} erased. `
              : `The deletion was not decided yet: all ${counted(note.threads, "thread")} are there.`}
          </span>
          <Show when={answer}>
            Asked for the tree, the store said <code>{answer}</code>.
          </Show>
        </Step>
        <Show when={decided}>
          <Step
            waiting={recovery.receipt() === undefined}
            at={recovery.receipt()?.erasedAt ?? undefined}
            title={
              recovery.receipt() ? "The store finished the deletion" : "The store carries it on"
            }
          >
            <Show
              when={recovery.receipt()}
              fallback={
                <progress
                  aria-label="Threads erased"
                  max={note.threads}
                  value={recovery.erased()}
                />
              }
            >
              {(receipt) => (
                <span data-receipt={receipt().removed.threads}>
                  The receipt: {counted(receipt().removed.threads ?? 0, "thread")},{" "}
                  {counted(receipt().removed.items ?? 0, "item")},{" "}
                  {bytes(receipt().removed.bytes ?? 0)} removed, the store read back, nothing of
                  them left.
                </span>
              )}
            </Show>
          </Step>
        </Show>
        <Step
          waiting={!ended()}
          title={
            recovery.report() === undefined
              ? "The doctor looks at the store"
              : recovery.report()?.findings.length === 0
                ? "The doctor finds the store sound"
                : "The doctor finds something"
          }
        >
          <Show when={recovery.others()}>
            {(now) => (
              <span data-others={`${now().threads}/${now().items}`}>
                Everything else: {counted(note.others.threads, "thread")} with{" "}
                {counted(note.others.items, "item")} before, {counted(now().threads, "thread")} with{" "}
                {counted(now().items, "item")} after.
              </span>
            )}
          </Show>
        </Step>
      </ol>
      <footer>
        <button type="button" onClick={() => actions.openDialog({ name: "plug" })}>
          Pull it again
        </button>
        <button type="button" class="strong" autofocus onClick={actions.closeDialog}>
          Close
        </button>
      </footer>
    </Dialog>
  );
}

interface StepProps {
  title: string;
  at?: number | undefined;
  waiting?: boolean;
  children: JSX.Element;
}

function Step(props: StepProps) {
  return (
    <li classList={{ waiting: props.waiting ?? false }}>
      <time>{props.at === undefined ? "" : exactly(props.at)}</time>
      <strong>{props.title}</strong>
      <p>{props.children}</p>
    </li>
  );
}

/** `14:03:02.512` */
const exactly = (at: number): string => `${clock(at)}.${String(at % 1000).padStart(3, "0")}`;
