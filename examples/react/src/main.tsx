/** Threads with their sub-agents below them, a conversation, and a delete that can be undone. */

import { Creel, type Thread } from "creel";
import { type PropsWithChildren, StrictMode, useContext, useState } from "react";
import { createRoot } from "react-dom/client";
import { Store, useStore } from "./store.js";

function Application() {
  const creel = useContext(Store);
  const [shown, show] = useState<string>();
  const threads = useStore("threads", async () => (await creel.threads.list()).data) ?? [];
  const deletions = useStore("deletions", () => creel.pendingDeletions()) ?? [];
  const undoable = deletions.filter(({ undoUntil }) => undoUntil !== null);
  const thread = threads.find(({ id }) => id === shown);
  const start = async () => show((await creel.threads.create({ name: "A task" })).id);
  return (
    <main>
      <Button does={start}>New thread</Button>
      <Threads below={null} all={threads} show={show} />
      {undoable.map(({ deletion, threads }) => (
        <Button key={deletion} does={() => creel.undelete(deletion)}>
          Undo the deletion of {threads}
        </Button>
      ))}
      {thread && <Conversation key={thread.id} thread={thread} />}
    </main>
  );
}

function Threads(props: { below: string | null; all: Thread[]; show(id: string): void }) {
  const children = props.all.filter(({ parentThreadId }) => parentThreadId === props.below);
  return (
    <ul>
      {children.map(({ id, name, agentNickname, items }) => (
        <li key={id}>
          <Button does={() => props.show(id)}>{`${agentNickname ?? name} (${items})`}</Button>
          <Threads {...props} below={id} />
        </li>
      ))}
    </ul>
  );
}

function Conversation({ thread }: { thread: Thread }) {
  const handle = useContext(Store).threads.open(thread.id);
  const page = useStore(thread.id, () => handle.page<{ text: string }>());
  const send = (form: FormData) => handle.append([{ type: "note", text: form.get("text") }]);
  return (
    <section>
      <h2>{thread.agentNickname ?? thread.name}</h2>
      <ol>
        {page?.data.map(({ seq, item }) => (
          <li key={seq}>{item.text}</li>
        ))}
      </ol>
      <form action={async (form) => void (await send(form))}>
        <input name="text" aria-label="Message" required />
        <button type="submit">Send</button>
      </form>
      <Button does={() => handle.spawn({ agentNickname: "helper" })}>Spawn a helper</Button>
      <Button does={() => handle.delete({ grace: 30_000, wait: "committed" })}>
        Delete it with all below
      </Button>
    </section>
  );
}

function Button({ does, children }: PropsWithChildren<{ does(): unknown }>) {
  return (
    <button type="button" onClick={does}>
      {children}
    </button>
  );
}

const root = createRoot(document.body.appendChild(document.createElement("div")));
Creel.open({ name: "react-example" }).then(
  (creel) =>
    root.render(
      <StrictMode>
        <Store value={creel}>
          <Application />
        </Store>
      </StrictMode>,
    ),
  ({ message }) => root.render(<p role="alert">{message}</p>),
);
