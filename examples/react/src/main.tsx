/** Threads with their sub-agents below them, a conversation, and a delete that can be undone. */

import { Creel, type OpenStore, type Thread } from "creel";
import { CreelProvider, useCreel, useItems, useThreads } from "creel/react";
import { type ReactNode, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

function Application() {
  const creel = useCreel();
  const { status, threads, error } = useThreads({ limit: 200 });
  const [shown, show] = useState<string>();
  const [deletion, setDeletion] = useState<string>();
  if (status === "error") return <p role="alert">{error?.message}</p>;
  if (!creel || status === "loading") return <p>Opening…</p>;

  const start = async () => show((await creel.threads.create({ name: "A task" })).id);
  const remove = async (id: string) => {
    const receipt = await creel.threads.delete(id, { grace: 30_000, wait: "committed" });
    setDeletion(receipt.deletion);
  };
  const undo = (id: string) => creel.undelete(id).then(() => setDeletion(undefined));
  const thread = threads.find(({ id }) => id === shown);
  return (
    <main>
      <Button does={start}>New thread</Button>
      {deletion && <Button does={() => undo(deletion)}>Undo the deletion</Button>}
      <Threads below={null} all={threads} show={show} />
      {thread && <Conversation key={thread.id} thread={thread} creel={creel} remove={remove} />}
    </main>
  );
}

interface ThreadsProps {
  below: string | null;
  all: readonly Thread[];
  show(id: string): void;
}

function Threads({ below, all, show }: ThreadsProps) {
  const children = all.filter(({ parentThreadId }) => parentThreadId === below);
  return (
    <ul>
      {children.map(({ id, name, agentNickname, items }) => (
        <li key={id}>
          <Button does={() => show(id)}>{`${agentNickname ?? name} (${items})`}</Button>
          <Threads below={id} all={all} show={show} />
        </li>
      ))}
    </ul>
  );
}

interface ConversationProps {
  thread: Thread;
  creel: OpenStore;
  remove(id: string): Promise<void>;
}

function Conversation({ thread: { id, name, agentNickname }, creel, remove }: ConversationProps) {
  const { items, hasOlder, loadOlder } = useItems<{ text: string }>(id);
  const handle = creel.threads.open(id);
  const send = async (form: FormData) => {
    await handle.append([{ type: "note", text: form.get("text") }]);
  };
  return (
    <section>
      <h2>{agentNickname ?? name}</h2>
      {hasOlder && <Button does={loadOlder}>Show older</Button>}
      <ol>
        {items.map(({ key, item }) => (
          <li key={key}>{item.text}</li>
        ))}
      </ol>
      <form action={send}>
        <input name="text" aria-label="Message" required />
        <button type="submit">Send</button>
      </form>
      <Button does={() => handle.spawn({ agentNickname: "helper" })}>Spawn a helper</Button>
      <Button does={() => remove(id)}>Delete it with all below</Button>
    </section>
  );
}

function Button({ does, children }: { does(): unknown; children: ReactNode }) {
  return (
    <button type="button" onClick={does}>
      {children}
    </button>
  );
}

createRoot(document.body.appendChild(document.createElement("div"))).render(
  <StrictMode>
    <CreelProvider open={() => Creel.open({ name: "react-example" })}>
      <Application />
    </CreelProvider>
  </StrictMode>,
);
