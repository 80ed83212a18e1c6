// One item as a person reads it: words as words, calls and outputs folded, everything else as the JSON that it is.

import type { StoredItem } from "creel";
import { createMemo, type JSX, Match, Show, Switch } from "solid-js";
import { bytes, clock, counted, moment } from "../format.ts";
import { Icon } from "../ui/icons.tsx";
import { Prose } from "./Prose.tsx";
import { type ItemView, pretty, readItem } from "./read-item.ts";

const ROLES: Record<string, string> = {
  user: "You",
  assistant: "Agent",
  plan: "Plan",
  developer: "Instructions",
  system: "Instructions",
};
/** Longer messages are cut until someone asks for all of it. */
const LONG = 3000;

interface Props {
  stored: StoredItem;
  opened: boolean;
  onToggle: () => void;
}

export function ItemRow(props: Props) {
  const view = createMemo(() => readItem(props.stored.item));
  const as = <K extends ItemView["is"]>(is: K) => {
    const it = view();
    return it.is === is && (it as Extract<ItemView, { is: K }>);
  };
  const time = () => (
    <time title={`Item ${props.stored.seq}, ${moment(props.stored.at)}`}>
      {clock(props.stored.at)}
    </time>
  );
  return (
    <Switch>
      <Match when={as("message")}>
        {(it) => (
          <section class={`message ${it().role}`}>
            <header>
              <h3>{ROLES[it().role] ?? it().role}</h3>
              {time()}
            </header>
            <Prose text={props.opened ? it().text : it().text.slice(0, LONG)} />
            <Show when={it().text.length > LONG}>
              <button
                type="button"
                class="more"
                aria-expanded={props.opened}
                onClick={props.onToggle}
              >
                {props.opened ? "Show less" : `Show all ${bytes(it().text.length)}`}
              </button>
            </Show>
          </section>
        )}
      </Match>
      <Match when={as("reasoning")}>
        {(it) => (
          <section class="reasoning">
            <header>
              <h3>Thinks</h3>
              {time()}
            </header>
            <Prose text={it().text} />
          </section>
        )}
      </Match>
      <Match when={as("call")}>
        {(it) => (
          <Folded
            {...props}
            class={it().failed ? "call failed" : "call"}
            time={time()}
            head={
              <>
                <span class="tool">{it().tool}</span>
                <code>{it().summary}</code>
                <Show when={it().outcome}>
                  <span class="outcome">{it().outcome}</span>
                </Show>
              </>
            }
          >
            <Show when={it().input}>
              <pre>{it().input}</pre>
            </Show>
            <Show when={it().output}>
              <pre class="result">{it().output}</pre>
            </Show>
          </Folded>
        )}
      </Match>
      <Match when={as("output")}>
        {(it) => (
          <Folded
            {...props}
            class="output"
            time={time()}
            head={
              <>
                <code>{it().text.trimStart().split("\n")[0] || "(no output)"}</code>
                <Show when={it().text.includes("\n")}>
                  <span class="outcome">
                    {counted(it().text.split("\n").length, "line")}, {bytes(it().text.length)}
                  </span>
                </Show>
              </>
            }
          >
            <pre class="result">{it().text}</pre>
          </Folded>
        )}
      </Match>
      <Match when={as("note")}>
        {(it) => (
          <Folded
            {...props}
            class="note"
            time={time()}
            head={
              <>
                <span>{it().label}</span>
                <span class="said">{it().text}</span>
              </>
            }
          >
            <pre>{pretty(props.stored.item)}</pre>
          </Folded>
        )}
      </Match>
      <Match when={as("unknown")}>
        {(it) => (
          <section class="unknown">
            <header>
              <h3>{it().label}</h3>
              {time()}
            </header>
            <pre>{pretty(props.stored.item)}</pre>
          </section>
        )}
      </Match>
    </Switch>
  );
}

interface FoldedProps extends Props {
  class: string;
  head: JSX.Element;
  time: JSX.Element;
  children: JSX.Element;
}

function Folded(props: FoldedProps) {
  return (
    <section class={`folded ${props.class}`} classList={{ opened: props.opened }}>
      <button type="button" class="head" aria-expanded={props.opened} onClick={props.onToggle}>
        <Icon name="chevron" />
        {props.head}
        {props.time}
      </button>
      <Show when={props.opened}>
        <div class="body">{props.children}</div>
      </Show>
    </section>
  );
}
