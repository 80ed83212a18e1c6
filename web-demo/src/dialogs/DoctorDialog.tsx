// The doctor: reads the whole store against every invariant, and says that it is sound or what was found.

import type { CheckReport, Finding } from "creel";
import { createSignal, For, Match, onCleanup, onMount, Show, Switch } from "solid-js";
import { bytes, count, counted, milliseconds } from "../format.ts";
import { useDemo } from "../store/context.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { describe } from "../ui/toasts.tsx";

const MOST_FINDINGS = 100;

export function DoctorDialog() {
  const { creel, actions } = useDemo();
  const [report, setReport] = createSignal<CheckReport>();
  const [failure, setFailure] = createSignal<unknown>();
  const [took, setTook] = createSignal(0);
  let alive = true;
  onCleanup(() => {
    alive = false;
  });

  async function check(): Promise<void> {
    setReport(undefined);
    setFailure(undefined);
    const start = performance.now();
    const clock = setInterval(() => setTook(performance.now() - start), 100);
    setTook(0);
    try {
      const found = await creel.check();
      if (alive) setReport(found);
    } catch (error) {
      if (alive) setFailure(error);
    } finally {
      clearInterval(clock);
      setTook(performance.now() - start);
    }
  }
  onMount(check);

  const running = () => report() === undefined && failure() === undefined;
  return (
    <Dialog title="Doctor" class="doctor" onClose={actions.closeDialog}>
      <p class="hint">
        Reads every record of the store and checks it against every rule: histories without a gap,
        no tree with a cycle, nothing left of what was deleted. It changes nothing.
      </p>
      <div class="verdict" aria-live="polite">
        <Switch>
          <Match when={running()}>
            <p>
              Reading the whole store
              <Show when={took() > 300}>
                <span aria-hidden="true"> for {(took() / 1000).toFixed(1)} s</span>
              </Show>
            </p>
            <progress aria-label="The store is read" />
          </Match>
          <Match when={failure()}>
            {(error) => (
              <p class="warning">
                {describe(error()).text} <code>{describe(error()).code}</code>
              </p>
            )}
          </Match>
          <Match when={report()}>
            {(it) => (
              <>
                <p class="word" data-verdict={it().findings.length}>
                  {it().findings.length === 0
                    ? "The store is sound."
                    : `Found ${counted(it().findings.length, "problem")}.`}
                </p>
                <p class="sum">
                  {counted(it().threads, "thread")}, {counted(it().items, "item")},{" "}
                  {bytes(it().bytes)} in {counted(it().recordsRead, "record")}, read in{" "}
                  {milliseconds(took())}
                </p>
              </>
            )}
          </Match>
        </Switch>
      </div>
      <Show when={report()?.findings.length}>
        <Findings findings={report()?.findings ?? []} />
      </Show>
      <footer>
        <button type="button" disabled={running()} onClick={check}>
          Check again
        </button>
        <button type="button" class="strong" autofocus onClick={actions.closeDialog}>
          Close
        </button>
      </footer>
    </Dialog>
  );
}

function Findings(props: { findings: Finding[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by the keyboard too
    <ul class="findings" aria-label="Findings" tabIndex="0">
      <For each={props.findings.slice(0, MOST_FINDINGS)}>
        {(finding) => (
          <li data-finding={finding.code}>
            <span class="severity" data-severity={finding.severity}>
              {finding.severity}
            </span>
            <code>{finding.code}</code>
            <p>{finding.message}</p>
            <Show when={finding.key}>
              <code class="key">{finding.key}</code>
            </Show>
          </li>
        )}
      </For>
      <Show when={props.findings.length > MOST_FINDINGS}>
        <li>and {count(props.findings.length - MOST_FINDINGS)} more</li>
      </Show>
    </ul>
  );
}
