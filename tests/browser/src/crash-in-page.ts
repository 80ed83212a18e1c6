// What the test of crashing renderers runs inside its pages; each function stands alone there.

import type { PendingDeletion, Receipt } from "creel";

declare global {
  /** Tells the process of the test what this page got an answer to; it survives the page. */
  var acknowledge: (what: string, n?: number) => Promise<void>;
}

/** A tree about to be deleted, and what must outlive it. */
export interface Victim {
  root: string;
  members: string[];
  /** A thread without relatives that is written to all the time. */
  bystander: string;
  /** A thread that was born in the tree and has left it. */
  leaver: string | undefined;
}

/** Opens the store and grows a tree that holds the canary on every surface. */
export async function grow({
  name,
  canary,
  threads,
  leaves,
}: {
  name: string;
  canary: string;
  threads: number;
  leaves: boolean;
}): Promise<Victim> {
  globalThis.store = await creel.Creel.open({ name });
  const bystander = await store.threads.create({ name: "bystander" });
  const root = await store.threads.create({ name: `root ${canary}` });
  const members = [root];
  while (members.length < threads) {
    const batch = Math.min(60, threads - members.length);
    const spawned = Array.from({ length: batch }, (_, n) => {
      const parent = members[Math.floor(((n + 1) / (batch + 1)) * members.length)] ?? root;
      return parent.spawn({ name: `${canary} ${n}` });
    });
    members.push(...(await Promise.all(spawned)));
  }
  const text = canary.padEnd(1200, " and so on");
  const writing: Promise<unknown>[] = members.map((member, n) =>
    member.append([{ n, text }, { n, text }, { canary }]),
  );
  for (const member of members.slice(0, 10)) {
    writing.push(
      member.setGoal({ objective: canary }),
      member.appendLogs([{ canary }]),
      member.setTools([{ name: canary }]),
      member.update({ metadata: { canary } }),
    );
  }
  await Promise.all(writing);
  let leaver: string | undefined;
  if (leaves) {
    const left = await root.spawn({ name: "leaver" });
    await left.append([{ kept: true }]);
    await left.setParent(null);
    leaver = left.id;
  }
  return { root: root.id, members: members.map(({ id }) => id), bystander: bystander.id, leaver };
}

/** Deletes the tree while the bystander is written to, and tells of every answer at once. */
export async function deleteWhileWriting({
  root,
  bystander,
  pause,
}: {
  root: string;
  bystander: string;
  pause: number;
}): Promise<void> {
  const { threads } = store;
  let writing = true;
  const write = async () => {
    for (let n = 0; writing; n += 1) {
      await threads.append(bystander, [{ n }]);
      void acknowledge("appended", n);
    }
  };
  const written = write();
  void acknowledge("ready");
  await new Promise((resolve) => setTimeout(resolve, pause));
  await threads.delete(root, { wait: "committed" });
  void acknowledge("committed");
  await threads.delete(root, { onProgress: ({ erased }) => void acknowledge("erasing", erased) });
  await acknowledge("receipt");
  writing = false;
  await written;
}

/** What a new page finds at once, before anything is carried on. */
export interface Found {
  pending: PendingDeletion[];
  receipt: Receipt | undefined;
  /** The code of what reading the root of the tree throws. */
  root: string | undefined;
  visible: string[];
  /** The items of the visible members. */
  items: number;
}

/** Opens the store and looks what is there. */
export async function find({ name, root, members }: { name: string } & Victim): Promise<Found> {
  globalThis.store = await creel.Creel.open({ name });
  const pending = await store.pendingDeletions();
  const receipt = await store.threads.receipt(root);
  const reading: Promise<unknown> = store.threads.read(root);
  const code = await reading.then(() => undefined).catch(({ code }) => code as string);
  const visible: string[] = [];
  let items = 0;
  let cursor: string | null = null;
  do {
    const query = { archived: "all", limit: 1000, ...(cursor ? { cursor } : {}) } as const;
    const { data, nextCursor }: import("creel").ThreadPage = await store.threads.list(query);
    for (const thread of data) {
      visible.push(thread.id);
      if (members.includes(thread.id)) items += thread.items;
    }
    cursor = nextCursor;
  } while (cursor);
  return { pending, receipt, root: code, visible, items };
}

/** Waits until nothing is left to be erased; resolves to the receipt of `root`. */
export async function waitForTheEnd(root: string): Promise<Receipt | undefined> {
  const late = Date.now() + 20_000;
  while ((await store.pendingDeletions()).length > 0) {
    if (Date.now() > late) throw new Error(JSON.stringify(await store.pendingDeletions()));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return store.threads.receipt(root);
}

/** Reads a whole history: the number that each item carries, by place. */
export async function numbers(id: string): Promise<number[]> {
  const read: number[] = [];
  for await (const { seq, item } of store.threads.open(id).items<{ n: number }>()) {
    if (seq !== read.length) throw new Error(`item ${seq} is at ${read.length}`);
    read.push(item.n);
  }
  return read;
}

/** Returns the canaries that any key or value of any object store holds, as UTF-8 or UTF-16. */
export async function canaries(name: string): Promise<string[]> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await settled(indexedDB.open(`creel:${name}`));
  const found = new Set<string>();
  for (const table of database.objectStoreNames) {
    const store = database.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all([
      settled(store.getAllKeys()),
      settled<Uint8Array[]>(store.getAll()),
    ]);
    const decoders = ["utf-8", "utf-16le"].map((encoding) => new TextDecoder(encoding));
    const texts = values.flatMap((value) => [
      ...decoders.map((decoder) => decoder.decode(value)),
      new TextDecoder("utf-16le").decode(value.subarray(1)),
    ]);
    for (const text of [...keys.map(String), ...texts]) {
      for (const [canary] of text.matchAll(/canary-[0-9a-f]{32}/g)) found.add(canary);
    }
  }
  database.close();
  return [...found];
}
