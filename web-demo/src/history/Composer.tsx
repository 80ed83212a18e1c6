// Where a person writes into the thread, or lets the simulated agent work in it.

import type { Thread } from "creel";
import { createSignal, Show } from "solid-js";
import { useDemo } from "../store/context.ts";
import { Icon } from "../ui/icons.tsx";

export function Composer(props: { thread: Thread }) {
  const { actions } = useDemo();
  const [text, setText] = createSignal("");
  const running = () => actions.agentRuns(props.thread.id);

  async function send(): Promise<void> {
    const message = text().trim();
    if (message === "") return;
    if (await actions.say(props.thread.id, message)) setText("");
  }

  return (
    <Show
      when={props.thread.archivedAt === null}
      fallback={
        <div class="composer closed">
          <p>Archived threads can be read, not written.</p>
          <button type="button" onClick={() => actions.unarchive(props.thread.id)}>
            <Icon name="unarchive" /> Bring back
          </button>
        </div>
      }
    >
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          id="composer"
          rows="1"
          aria-label="Message"
          placeholder="Write into this thread"
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              send();
            } else if (event.key === "Escape") {
              document.querySelector<HTMLElement>("#tree")?.focus();
            }
          }}
        />
        <button
          type="button"
          class="agent"
          aria-pressed={running()}
          title="An agent that needs no model (A)"
          onClick={() => actions.toggleAgent(props.thread.id)}
        >
          <Icon name={running() ? "stop" : "play"} />
          <span>{running() ? "Stop the agent" : "Simulate an agent"}</span>
        </button>
        <button
          type="submit"
          class="strong icon"
          aria-label="Append the message"
          disabled={text().trim() === ""}
        >
          <Icon name="send" />
        </button>
      </form>
    </Show>
  );
}
