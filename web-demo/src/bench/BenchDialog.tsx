// The benchmark: Creel beside IndexedDB by hand and Dexie, measured in the browser of whoever asks.

import { createSignal, For, onCleanup, Show } from "solid-js";
import { milliseconds } from "../format.ts";
import { useDemo } from "../store/context.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Failure } from "../ui/Failure.tsx";
import { measure, type Result } from "./run.ts";

export function BenchDialog() {
  const { actions } = useDemo();
  const [part, setPart] = createSignal<number>();
  const [results, setResults] = createSignal<Result[]>();
  const [failure, setFailure] = createSignal<unknown>();
  const stop = new AbortController();
  onCleanup(() => stop.abort());

  async function run(): Promise<void> {
    setFailure(undefined);
    setResults(undefined);
    setPart(0);
    try {
      setResults(await measure(setPart, stop.signal));
    } catch (error) {
      if (!stop.signal.aborted) setFailure(error);
    } finally {
      setPart(undefined);
    }
  }

  return (
    <Dialog title="How fast is it here?" class="bench" onClose={actions.closeDialog}>
      <p class="hint">
        600 threads with 12,000 items are written three times: by Creel, by IndexedDB code as one
        would write it by hand, and with Dexie. Then each does the same work in turns. The bars are
        the median times of one call in this browser; shorter is better.
      </p>
      <Show when={part() !== undefined}>
        <div class="advance">
          <progress aria-label="Measured" max="1" value={part()} />
          <p aria-live="polite">{part() === 0 ? "Writing the threads" : "Measuring"}</p>
        </div>
      </Show>
      <Show when={failure()}>{(error) => <Failure error={error()} />}</Show>
      <Show when={results()}>
        {(found) => (
          <>
            <For each={found()}>{(result) => <Bars result={result} />}</For>
            <p class="hint">
              Creel does more for it: a deletion is one entry that no crash can cut in half, an
              append is checked against what other tabs did, and lists are read from memory.
            </p>
          </>
        )}
      </Show>
      <footer>
        <button
          type="button"
          class="strong"
          autofocus
          disabled={part() !== undefined}
          onClick={run}
        >
          {results() ? "Measure again" : "Measure"}
        </button>
      </footer>
    </Dialog>
  );
}

function Bars(props: { result: Result }) {
  const longest = () => Math.max(...props.result.times.map(({ ms }) => ms));
  return (
    <table class="bars" data-measure={props.result.name}>
      <caption>{props.result.name}</caption>
      <tbody>
        <For each={props.result.times}>
          {({ contender, ms }) => (
            <tr classList={{ own: contender === "Creel" }}>
              <th scope="row">{contender}</th>
              <td class="bar">
                <span style={{ width: `${(100 * ms) / longest()}%` }} />
              </td>
              <td class="time">{milliseconds(ms)}</td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
