// Opens sessions: a folder or files of Codex rollouts, or an export of Creel, with progress, and a report of what
// could not be read.

import type { ImportProgress, ImportReport } from "creel";
import { createSignal, For, onMount, Show } from "solid-js";
import { bytes, count, counted } from "../format.ts";
import { goTo, openThread } from "../route.ts";
import { useDemo } from "../store/context.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Failure } from "../ui/Failure.tsx";
import { Icon } from "../ui/icons.tsx";
import { tellError } from "../ui/toasts.tsx";
import { sampleFiles } from "./sample.ts";

const MOST_LINES = 50;
const SESSION = /^(rollout-.*\.jsonl|session_index\.jsonl)$/;

export function ImportDialog(props: { files: File[] | undefined }) {
  const { creel, forest, actions } = useDemo();
  const [progress, setProgress] = createSignal<ImportProgress>();
  const [report, setReport] = createSignal<ImportReport>();
  const [failure, setFailure] = createSignal<unknown>();
  const running = () =>
    progress() !== undefined && report() === undefined && failure() === undefined;

  async function open(files: File[]): Promise<void> {
    const sessions = files.filter(({ name }) => SESSION.test(name));
    const saved = await firstExport(files);
    setReport(undefined);
    if (sessions.length === 0 && !saved) {
      setFailure(new Error("There is no rollout-….jsonl and no export of Creel among these files"));
      return;
    }
    setFailure(undefined);
    setProgress({
      files: 0,
      totalFiles: saved ? 1 : sessions.length,
      threads: 0,
      items: 0,
      bytes: 0,
      totalBytes: 0,
    });
    try {
      const options = { onProgress: setProgress };
      setReport(
        await (saved ? creel.import(saved, options) : creel.importCodex(sessions, options)),
      );
    } catch (error) {
      setFailure(error);
    }
  }

  /** Nobody should look at an empty page after opening something. */
  function finish(): void {
    actions.closeDialog();
    if (openThread() !== undefined) return;
    const roots = [...forest.threads().values()].filter(
      (it) => !it.parentThreadId && it.archivedAt === null,
    );
    goTo(roots.sort((a, b) => b.recencyAt - a.recencyAt)[0]?.id);
  }

  onMount(() => {
    if (props.files) open(props.files);
  });

  return (
    <Dialog
      title="Open sessions"
      class="import"
      busy={running()}
      onClose={report() ? finish : actions.closeDialog}
    >
      <Show when={!running() && !report()}>
        <p>
          Choose a folder of Codex sessions, such as <code>~/.codex</code>, single{" "}
          <code>rollout-….jsonl</code> files, or a file that was exported here. You can also drop
          them anywhere on the page. They are only read, and nothing leaves this page.
        </p>
        <div class="ways">
          <FilePicker folder onFiles={open} />
          <FilePicker onFiles={open} />
          <button
            type="button"
            onClick={() =>
              sampleFiles().then(open, (error) => tellError("The sample can't be loaded", error))
            }
          >
            Load the sample
          </button>
        </div>
      </Show>
      <Show when={failure()}>{(error) => <Failure error={error()} />}</Show>
      <Show when={running() && progress()}>
        {(it) => (
          <div class="advance">
            <progress aria-label="Files read" max={it().totalFiles} value={it().files} />
            <p aria-live="polite">
              Read {count(it().files)} of {counted(it().totalFiles, "file")}:{" "}
              {counted(it().threads, "thread")}, {counted(it().items, "item")}
            </p>
          </div>
        )}
      </Show>
      <Show when={report()}>{(it) => <Report report={it()} onClose={finish} />}</Show>
    </Dialog>
  );
}

function FilePicker(props: { folder?: boolean; onFiles: (files: File[]) => void }) {
  let input: HTMLInputElement | undefined;
  return (
    <>
      <input
        ref={(element) => {
          input = element;
          element.webkitdirectory = props.folder ?? false;
        }}
        type="file"
        id={props.folder ? "pick-folder" : "pick-files"}
        hidden
        multiple
        accept={props.folder ? undefined : ".jsonl"}
        onChange={(event) => props.onFiles([...(event.currentTarget.files ?? [])])}
      />
      <button type="button" class={props.folder ? "strong" : ""} onClick={() => input?.click()}>
        <Icon name="folder" /> {props.folder ? "Choose a folder" : "Choose files"}
      </button>
    </>
  );
}

function Report(props: { report: ImportReport; onClose: () => void }) {
  const report = () => props.report;
  const asides = () =>
    [
      report().grown > 0 && `${counted(report().grown, "thread")} that was here has grown.`,
      report().skipped > 0 && `${counted(report().skipped, "thread")} was here already.`,
      report().deleted.length > 0 &&
        `${counted(report().deleted.length, "thread")} was deleted here before and stays deleted.`,
      report().archived > 0 && `${counted(report().archived, "thread")} went to the archive.`,
      report().missingParents.length > 0 &&
        `${counted(report().missingParents.length, "sub-agent")} came without its parent and is a root.`,
    ].filter((aside) => aside !== false);
  return (
    <div class="report">
      <p class="sum" data-report={`${report().threads}/${report().items}`}>
        <strong>{counted(report().threads, "new thread")}</strong>,{" "}
        {counted(report().items, "item")}, {bytes(report().bytes)} read
      </p>
      <For each={asides()}>{(aside) => <p class="hint">{aside}</p>}</For>
      <Show
        when={report().badLineCount > 0}
        fallback={<p class="hint">Every line could be read.</p>}
      >
        <p class="warning" role="alert">
          {counted(report().badLineCount, "line")} could not be read. Everything else is there.
        </p>
      </Show>
      <ul class="bad-lines">
        <For each={report().problems}>
          {(problem) => (
            <li>
              <code>{fileName(problem.file)}</code> {problem.reason}
            </li>
          )}
        </For>
        <For each={report().badLines.slice(0, MOST_LINES)}>
          {(line) => (
            <li>
              <code>
                {fileName(line.file)}:{line.line}
              </code>{" "}
              {line.reason}
            </li>
          )}
        </For>
        <Show when={report().badLineCount > MOST_LINES}>
          <li>and {count(report().badLineCount - MOST_LINES)} more</li>
        </Show>
      </ul>
      <footer>
        <button type="button" class="strong" autofocus onClick={props.onClose}>
          Read them
        </button>
      </footer>
    </div>
  );
}

const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Returns the first file that is an export of Creel. */
async function firstExport(files: File[]): Promise<File | undefined> {
  for (const file of files) {
    if ((await file.slice(0, 16).text()).startsWith('{"creelExport":')) return file;
  }
  return undefined;
}
