// What the open thread is called, where it hangs, and what can be done with it.

import type { Thread } from "creel";
import { createMemo, For, onMount, Show } from "solid-js";
import { bytes, counted, moment } from "../format.ts";
import { goTo, threadHref } from "../route.ts";
import { useDemo } from "../store/context.ts";
import { threadName } from "../store/trees.ts";
import { Icon, type IconName } from "../ui/icons.tsx";

export function ThreadHeader(props: { thread: Thread }) {
  const { forest, actions } = useDemo();
  const thread = () => props.thread;
  const renaming = () => actions.renaming() === thread().id;

  const ancestors = createMemo(() => {
    const list: Thread[] = [];
    let id = thread().parentThreadId;
    while (id && list.length < 128) {
      const parent = forest.threads().get(id);
      if (!parent) break;
      list.unshift(parent);
      id = parent.parentThreadId;
    }
    return list;
  });

  const facts = createMemo(() =>
    [
      counted(thread().items, "item"),
      bytes(thread().bytes),
      thread().agentRole,
      thread().model,
      thread().gitInfo?.branch,
      thread().cwd,
      tokens(thread().tokenUsage),
    ].filter((fact) => fact),
  );

  return (
    <header class="thread-head">
      <button
        type="button"
        class="quiet icon back"
        aria-label="Back to the threads"
        onClick={() => goTo(undefined)}
      >
        <Icon name="back" />
      </button>
      <div class="titles">
        <nav class="path" aria-label="Spawned by">
          <For each={ancestors()}>
            {(parent) => (
              <>
                <a href={threadHref(parent.id)}>{threadName(parent)}</a>
                <span aria-hidden="true">/</span>
              </>
            )}
          </For>
          <Show when={ancestors().length > 0}>
            <span>{thread().edgeStatus === "closed" ? "done" : "sub-agent"}</span>
          </Show>
          <Show when={ancestors().length === 0}>
            <span>Started {moment(thread().createdAt)}</span>
          </Show>
        </nav>
        <Show
          when={renaming()}
          fallback={
            <h2>
              <button
                type="button"
                class="title"
                title="Rename (R)"
                disabled={thread().archivedAt !== null}
                onClick={() => actions.setRenaming(thread().id)}
              >
                {threadName(thread())}
              </button>
            </h2>
          }
        >
          <h2>
            <NameField thread={thread()} />
          </h2>
        </Show>
        <ul class="facts">
          <For each={facts()}>{(fact) => <li>{fact}</li>}</For>
        </ul>
      </div>
      <div class="deeds" role="toolbar" aria-label="Thread">
        <Show
          when={thread().archivedAt === null}
          fallback={
            <Deed
              icon="unarchive"
              name="Bring back"
              keys="E"
              run={() => actions.unarchive(thread().id)}
            />
          }
        >
          <Deed icon="spawn" name="Spawn" keys="S" run={() => actions.spawn(thread().id)} />
          <Deed icon="pencil" name="Rename" keys="R" run={() => actions.setRenaming(thread().id)} />
          <Deed icon="archive" name="Archive" keys="E" run={() => actions.archive(thread().id)} />
        </Show>
        <Deed icon="save" name="Export" keys="X" run={() => actions.save(thread())} />
        <Deed
          icon="trash"
          name="Delete"
          keys="Del"
          run={() => actions.openDialog({ name: "delete", id: thread().id })}
        />
      </div>
    </header>
  );
}

function Deed(props: { icon: IconName; name: string; keys: string; run: () => void }) {
  return (
    <button
      type="button"
      class="quiet deed"
      title={`${props.name} (${props.keys})`}
      onClick={props.run}
    >
      <Icon name={props.icon} />
      <span>{props.name}</span>
    </button>
  );
}

function NameField(props: { thread: Thread }) {
  const { actions } = useDemo();
  let input: HTMLInputElement | undefined;
  // Set once: a change of the thread in the meantime must not undo what is being typed.
  onMount(() => {
    if (!input) return;
    input.value = props.thread.name ?? props.thread.agentNickname ?? "";
    input.focus();
    input.select();
  });
  function commit(): void {
    const name = input?.value.trim() ?? "";
    if (actions.renaming() !== props.thread.id) return;
    if (name === "" || name === props.thread.name) actions.setRenaming(undefined);
    else actions.rename(props.thread.id, name);
  }
  return (
    <input
      ref={input}
      class="title"
      aria-label="Name of the thread"
      placeholder="Name this thread"
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          commit();
          const next =
            document.querySelector<HTMLElement>("#composer") ??
            document.querySelector<HTMLElement>("#tree");
          next?.focus();
        }
        if (event.key === "Escape") {
          event.stopPropagation();
          actions.setRenaming(undefined);
        }
      }}
    />
  );
}

/** The total of a Codex token report, wherever in it the total is. */
function tokens(usage: unknown): string | undefined {
  if (typeof usage !== "object" || usage === null) return undefined;
  const { total_token_usage, totalTokens, total_tokens, total } = usage as Record<string, unknown>;
  if (typeof total_token_usage === "object") return tokens(total_token_usage);
  if (typeof total === "object") return tokens(total);
  const value = totalTokens ?? total_tokens;
  return typeof value === "number" ? counted(value, "token") : undefined;
}
