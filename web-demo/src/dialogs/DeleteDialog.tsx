// Deletes a tree of threads, after it has shown what that takes in figures and names.

import { CreelError, type DeletionPlan } from "creel";
import {
  createEffect,
  createMemo,
  createResource,
  createSignal,
  For,
  Match,
  Show,
  Switch,
} from "solid-js";
import { dye } from "../dyes.ts";
import { bytes, count, counted } from "../format.ts";
import { goTo, openThread } from "../route.ts";
import { useDemo } from "../store/context.ts";
import { GRACE_MS } from "../store/deletions.ts";
import { threadName } from "../store/trees.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Failure } from "../ui/Failure.tsx";

const MOST_NAMES = 200;

export function DeleteDialog(props: { id: string }) {
  const { creel, forest, actions } = useDemo();
  const [children, setChildren] = createSignal<"delete" | "detach">("delete");
  const [plan, { refetch }] = createResource(children, (fate) =>
    creel.threads.planDelete(props.id, { children: fate }),
  );
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal<unknown>();
  const [changed, setChanged] = createSignal(false);
  // Read before the deletion: afterwards the forest no longer knows the names.
  const thread = forest.threads().get(props.id);
  const name = thread ? threadName(thread) : "the thread";
  const colour = dye(forest.rootOf(props.id));

  const [members, setMembers] = createSignal<
    { id: string; name: string; depth: number; items: number }[]
  >([]);
  createEffect(() => {
    const current = plan.state === "ready" ? plan() : undefined;
    if (current && !busy()) setMembers(nested(current));
  });

  function nested(of: DeletionPlan) {
    const taken = new Set(of.members);
    const threads = forest.threads();
    const below = new Map<string, string[]>();
    for (const id of of.members) {
      const parent = threads.get(id)?.parentThreadId;
      if (parent && taken.has(parent)) below.set(parent, [...(below.get(parent) ?? []), id]);
    }
    const list: ReturnType<typeof members> = [];
    const visit = (id: string, depth: number) => {
      const member = threads.get(id);
      list.push({ id, depth, name: member ? threadName(member) : id, items: member?.items ?? 0 });
      const inner = (below.get(id) ?? []).sort(
        (a, b) => (threads.get(a)?.createdAt ?? 0) - (threads.get(b)?.createdAt ?? 0),
      );
      for (const child of inner) visit(child, depth + 1);
    };
    visit(of.root, 0);
    return list;
  }

  const hasChildren = createMemo(() => {
    const current = plan.latest;
    return current !== undefined && (current.threads > 1 || current.detached.length > 0);
  });

  const them = () => (plan.latest?.threads === 1 ? "it" : "them");

  async function confirm(): Promise<void> {
    const token = plan()?.token;
    if (!token) return;
    setBusy(true);
    setFailure(undefined);
    setChanged(false);
    try {
      const receipt = await creel.threads.delete(props.id, {
        plan: token,
        children: children(),
        grace: GRACE_MS,
      });
      actions.closeDialog();
      const open = openThread();
      if (open !== undefined && receipt.members.includes(open)) goTo(undefined);
    } catch (error) {
      setBusy(false);
      if (error instanceof CreelError && error.code === "plan_changed") {
        setChanged(true);
        refetch();
      } else {
        setFailure(error);
      }
    }
  }

  return (
    <Dialog title={`Delete “${name}”?`} class="delete" busy={busy()} onClose={actions.closeDialog}>
      <div style={{ "--dye": colour }}>
        <Switch>
          <Match when={plan.error}>
            <Failure error={plan.error} />
          </Match>
          <Match when={plan.latest}>
            {(it) => (
              <>
                <p class="sum" data-plan={`${it().threads}/${it().items}`}>
                  <strong>{counted(it().threads, "thread")}</strong>, {counted(it().items, "item")},{" "}
                  {bytes(it().bytes)}
                </p>
                <ul class="members" aria-label="Threads that are deleted">
                  <For each={members().slice(0, MOST_NAMES)}>
                    {(member) => (
                      <li style={{ "--depth": Math.min(member.depth, 9) }}>
                        <span>{member.name}</span>
                        <span class="tally">{count(member.items)}</span>
                      </li>
                    )}
                  </For>
                  <Show when={members().length > MOST_NAMES}>
                    <li>and {counted(members().length - MOST_NAMES, "more thread")}</li>
                  </Show>
                </ul>
                <Show when={hasChildren()}>
                  <fieldset disabled={busy()}>
                    <legend>Its sub-agents</legend>
                    <label>
                      <input
                        type="radio"
                        name="fate"
                        checked={children() === "delete"}
                        onChange={() => setChildren("delete")}
                      />
                      go with it
                    </label>
                    <label>
                      <input
                        type="radio"
                        name="fate"
                        checked={children() === "detach"}
                        onChange={() => setChildren("detach")}
                      />
                      stay, as threads of their own
                    </label>
                  </fieldset>
                </Show>
                <Show when={it().forks.length > 0}>
                  <p class="hint">{counted(it().forks.length, "fork")} of these threads stay.</p>
                </Show>
              </>
            )}
          </Match>
        </Switch>
        <Show when={changed()}>
          <p class="warning" role="alert">
            The tree changed while you looked at it. This is how it is now.{" "}
            <code>plan_changed</code>
          </p>
        </Show>
        <Show when={failure()}>{(error) => <Failure error={error()} />}</Show>
        <p class="hint">
          One commit hides {them()} in every tab. You have {GRACE_MS / 1000} seconds to undo it;
          then every byte is erased, and nothing brings {them()} back.
        </p>
        <footer>
          <button type="button" autofocus disabled={busy()} onClick={actions.closeDialog}>
            Keep
          </button>
          <button
            type="button"
            class="danger"
            disabled={busy() || plan.state !== "ready"}
            onClick={confirm}
          >
            Delete {plan.latest ? counted(plan.latest.threads, "thread") : ""}
          </button>
        </footer>
      </div>
    </Dialog>
  );
}
