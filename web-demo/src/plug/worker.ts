// The worker that is killed: it has the store open for itself, grows a tree of 2,000 threads under one that stays, and
// deletes it. It never ends its work in an orderly way: that is what the page that made it is to show.

import { Creel, CreelError, type ThreadHandle } from "creel";
import { type News, type Order, others } from "./messages.ts";

const THREADS = 2000;
const ITEMS = 2;
/** Threads of one batch are created at once and share their commits. */
const BATCH = 100;
const CHILDREN = 6;

let creel: Creel;
const tell = (news: News) => postMessage(news);

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  const done = "grow" in data ? grow(data.grow) : remove(data.remove);
  done.catch((error: unknown) => {
    const code = error instanceof CreelError ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    tell({ is: "failed", error: { code, message } });
  });
});

async function grow({ store, mill: known }: { store: string; mill: string | undefined }) {
  creel = await Creel.open({ name: store });
  const mill = (await living(known)) ?? (await creel.threads.create({ name: "The mill" }));
  const root = await mill.spawn({ name: "Two thousand threads" });
  const members: ThreadHandle[] = [root];
  while (members.length < THREADS) {
    const first = members.length;
    // A parent is made before its children are.
    const size = Math.min(BATCH, THREADS - first, first * (CHILDREN - 1) + 1);
    const batch = Array.from({ length: size }, (_, n) => {
      const parent = members[Math.floor((first + n - 1) / CHILDREN)] ?? root;
      return parent.spawn({ agentNickname: `Spinner ${first + n}`, originator: "creel demo" });
    });
    members.push(...(await Promise.all(batch)));
    await Promise.all(members.slice(first).map(fill));
    tell({ is: "growing", threads: members.length, of: THREADS });
  }
  await fill(root);
  await mill.append([say(`I delete “Two thousand threads” now: all ${THREADS} of them.`)]);
  const items = THREADS * ITEMS;
  const rest = await others(creel, THREADS, items);
  tell({ is: "grown", mill: mill.id, root: root.id, threads: THREADS, items, others: rest });
}

async function remove(root: string): Promise<void> {
  creel.on("change", (event) => {
    if (event.type === "deleted" && event.threadIds.at(-1) === root) tell({ is: "committed" });
    if (event.type === "erasing") tell({ is: "erasing", erased: event.erased });
  });
  await creel.threads.delete(root);
  tell({ is: "erased" });
}

/** The thread of an earlier time, unless it was deleted or archived since. */
async function living(id: string | undefined): Promise<ThreadHandle | undefined> {
  if (id === undefined) return undefined;
  const thread = await creel.threads.read(id).catch(() => undefined);
  return thread?.archivedAt === null ? creel.threads.open(id) : undefined;
}

const say = (text: string) => ({ type: "agentMessage", text });

async function fill(thread: ThreadHandle): Promise<void> {
  await thread.append([
    { type: "userMessage", content: [{ type: "text", text: "Spin your share of the yarn." }] },
    say(`Spun, and on the bobbin. This is the thread ${thread.id}.`),
  ]);
}
