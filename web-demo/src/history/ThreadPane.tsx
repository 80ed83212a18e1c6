// The open thread: its header, its items, and the place to write; or why it can't be shown.

import { createMemo, Match, Show, Switch } from "solid-js";
import { dye } from "../dyes.ts";
import { goTo } from "../route.ts";
import { useDemo } from "../store/context.ts";
import { createHistory } from "../store/history.ts";
import { describe } from "../ui/toasts.tsx";
import { Composer } from "./Composer.tsx";
import { Items } from "./Items.tsx";
import { ThreadHeader } from "./ThreadHeader.tsx";

export function ThreadPane(props: { id: string }) {
  const { creel, forest, deletions } = useDemo();
  const history = createHistory(creel, props.id);
  const thread = () => forest.threads().get(props.id);
  const failure = createMemo(() => {
    const state = history.state();
    return state.is === "failed" ? describe(state.error) : undefined;
  });
  return (
    <article class="thread" style={{ "--dye": dye(forest.rootOf(props.id)) }} aria-label="Thread">
      <Switch>
        <Match when={history.state().is === "deleted"}>
          <Gone title="This thread was deleted." code="thread_deleted">
            {deletions.pending().some((it) => deletions.left(it) > 0)
              ? "It is gone from every tab. What can still be undone is listed in the corner."
              : "Its items and those of its sub-agents are gone from every tab, and nothing brings them back."}
          </Gone>
        </Match>
        <Match when={failure()}>
          {(it) => (
            <Gone
              title={
                it().code === "thread_not_found"
                  ? "There is no such thread."
                  : "The thread can't be read."
              }
              code={it().code}
            >
              {it().text}
            </Gone>
          )}
        </Match>
        <Match when={thread()}>
          {(it) => (
            <>
              <ThreadHeader thread={it()} />
              <Show when={history.state().is === "open"} fallback={<div class="items" />}>
                <Items history={history} />
              </Show>
              <Composer thread={it()} />
            </>
          )}
        </Match>
      </Switch>
    </article>
  );
}

function Gone(props: { title: string; code?: string | undefined; children: string }) {
  return (
    <div class="blank" role="alert">
      <p>{props.title}</p>
      <p class="hint">{props.children}</p>
      <Show when={props.code}>
        <code>{props.code}</code>
      </Show>
      <button type="button" onClick={() => goTo(undefined)}>
        Back to the threads
      </button>
    </div>
  );
}
