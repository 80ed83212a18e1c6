// Pulls the plug: a worker grows a tree of 2,000 threads and deletes it, is killed in the middle, and the page reloads.

import { CreelError } from "creel";
import { createSignal, Match, onCleanup, Show, Switch } from "solid-js";
import { count, counted } from "../format.ts";
import { useDemo } from "../store/context.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { describe } from "../ui/toasts.tsx";
import type { Failure, News, Order } from "./messages.ts";
import { dropNote, holdLock, keepMill, knownMill, type Note, writeNote } from "./note.ts";

/** The plug is pulled after a part of the erasing between these, as chance has it… */
const EARLIEST = 0.1;
const LATEST = 0.7;
/** …and up to this much later, so that it falls into the middle of a commit as well as between two. */
const LATER_MS = 25;

type Stage =
  | { is: "ready" }
  | { is: "growing"; threads: number; of: number }
  | { is: "deleting"; erased: number; of: number }
  | { is: "survived" };

const failureOf = ({ code, message }: Failure): Error =>
  code === undefined ? new Error(message) : new CreelError(code, message);

export function PlugDialog(props: { store: string }) {
  const { actions } = useDemo();
  const [stage, setStage] = createSignal<Stage>({ is: "ready" });
  const [failure, setFailure] = createSignal<unknown>();
  let worker: Worker | undefined;
  let unlock: (() => void) | undefined;
  let note: Note | undefined;
  const stop = () => {
    worker?.terminate();
    unlock?.();
  };
  onCleanup(stop);

  async function start(): Promise<void> {
    setFailure(undefined);
    setStage({ is: "growing", threads: 0, of: 2000 });
    try {
      unlock = await holdLock();
      if (!unlock) throw new Error("another tab is at it already");
      worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker.onerror = () => fail(new Error("the worker could not be loaded; reload the page"));
      worker.onmessage = ({ data }: MessageEvent<News>) => {
        try {
          hear(data);
        } catch (error) {
          fail(error);
        }
      };
      order({ grow: { store: props.store, mill: knownMill() } });
    } catch (error) {
      fail(error);
    }
  }

  const order = (what: Order) => worker?.postMessage(what);
  let pullAt = 0;

  function hear(news: News): void {
    switch (news.is) {
      case "growing":
        setStage(news);
        return;
      case "grown": {
        const { is: _, ...grown } = news;
        note = { ...grown, erased: 0 };
        writeNote(note);
        keepMill(grown.mill);
        pullAt = grown.threads * (EARLIEST + Math.random() * (LATEST - EARLIEST));
        setStage({ is: "deleting", erased: 0, of: grown.threads });
        order({ remove: grown.root });
        return;
      }
      case "erasing": {
        if (!note) return;
        note.erased = news.erased;
        writeNote(note);
        setStage({ is: "deleting", erased: news.erased, of: note.threads });
        if (news.erased >= pullAt) {
          pullAt = Number.POSITIVE_INFINITY;
          setTimeout(pull, Math.random() * LATER_MS);
        }
        return;
      }
      case "erased":
        dropNote();
        setStage({ is: "survived" });
        stop();
        return;
      case "failed":
        fail(failureOf(news.error));
    }
  }

  function pull(): void {
    if (!note || stage().is !== "deleting") return;
    writeNote({ ...note, pulledAt: Date.now() });
    worker?.terminate();
    location.reload();
  }

  function fail(error: unknown): void {
    stop();
    dropNote();
    setFailure(error);
    setStage({ is: "ready" });
  }

  const running = () => stage().is === "growing" || stage().is === "deleting";
  const growing = () => {
    const now = stage();
    return now.is === "growing" ? now : undefined;
  };
  const deleting = () => {
    const now = stage();
    return now.is === "deleting" ? now : undefined;
  };
  return (
    <Dialog title="Pull the plug" class="plug" busy={running()} onClose={actions.closeDialog}>
      <p>
        Makes a tree of 2,000 threads, deletes it, and kills that in the middle. Then this page
        reloads and shows what it found.
      </p>
      <p class="hint">
        A worker with the store open does the deleting. It is terminated between two instructions,
        at a moment left to chance: nothing in it is finished or cleaned up, and the browser drops
        what it had not committed. A page can’t kill its own process. Creel’s tests do, at this very
        point.
      </p>
      <div class="verdict" aria-live="polite" data-plug={stage().is}>
        <Switch>
          <Match when={growing()}>
            {(it) => (
              <>
                <p>
                  Made {count(it().threads)} of {counted(it().of, "thread")}
                </p>
                <progress aria-label="Threads made" max={it().of} value={it().threads} />
              </>
            )}
          </Match>
          <Match when={deleting()}>
            {(it) => (
              <>
                <p>
                  Deleting: erased {count(it().erased)} of {counted(it().of, "thread")}
                </p>
                <progress aria-label="Threads erased" max={it().of} value={it().erased} />
              </>
            )}
          </Match>
          <Match when={stage().is === "survived"}>
            <p>It was deleted before the plug could be pulled. Try again.</p>
          </Match>
        </Switch>
        <Show when={failure()}>
          {(error) => (
            <p class="warning">
              {describe(error()).text} <code>{describe(error()).code}</code>
            </p>
          )}
        </Show>
      </div>
      <footer>
        <button type="button" disabled={running()} onClick={actions.closeDialog}>
          Not now
        </button>
        <button type="button" class="danger" autofocus disabled={running()} onClick={start}>
          Pull the plug
        </button>
      </footer>
    </Dialog>
  );
}
