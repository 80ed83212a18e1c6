// What each of several tabs does that write to one store at once; the function stands alone there.

/** What a tab is to do, and the threads that all tabs know. */
export interface Task {
  writer: string;
  operations: number;
  /** Threads that stay, to which every tab appends. */
  shared: string[];
  /** Threads that any tab may delete at any time. */
  doomed: string[];
}

/** What a tab got answers to. */
export interface Done {
  counts: Record<string, number>;
  /** `thread seq marker` of every acknowledged append. */
  appended: string[];
  /** The threads of its own that are there at the end, with their names. */
  names: Record<string, string>;
  /** The threads that are gone. */
  deleted: string[];
}

/** Does all operations, eight at a time, and returns what was acknowledged. */
export async function write({ writer, operations, shared, doomed }: Task): Promise<Done> {
  const { threads } = store;
  const appended: string[] = [];
  const names = new Map<string, string>();
  const deleted: string[] = [];
  const counts: Record<string, number> = {};
  let marker = 0;
  let refused = 0;
  const any = <T>(list: T[]) => list[Math.floor(Math.random() * list.length)] as T;
  const append = async (id: string, count: number) => {
    const markers = Array.from({ length: count }, () => `${writer}-${marker++}`);
    const { first } = await threads.append(
      id,
      markers.map((marker) => ({ marker })),
    );
    appended.push(...markers.map((marker, n) => `${id} ${first + n} ${marker}`));
  };
  // A thread of its own is used by one operation at a time, so that its last name is known.
  const own = () => {
    const ids = [...names.keys()];
    const id = ids[Math.floor(Math.random() * ids.length)];
    const name = id === undefined ? undefined : names.get(id);
    if (id === undefined || name === undefined) return undefined;
    names.delete(id);
    return { id, name };
  };
  const create = async () => {
    const name = `${writer} ${marker++}`;
    const { id } = await threads.create({ name });
    names.set(id, name);
  };
  const steps: Record<string, () => Promise<void>> = {
    "append to a shared thread": () => append(any(shared), 1),
    "append three items": () => append(any(shared), 3),
    "append to a thread that may be deleted": () => append(any(doomed), 1),
    create,
    rename: async () => {
      const thread = own();
      if (!thread) return create();
      const name = `${writer} ${marker++}`;
      await threads.rename(thread.id, name);
      names.set(thread.id, name);
    },
    "append to its own thread": async () => {
      const thread = own();
      if (!thread) return create();
      await append(thread.id, 1);
      names.set(thread.id, thread.name);
    },
    "delete its own thread": async () => {
      const thread = own();
      if (!thread) return create();
      await threads.delete(thread.id, { wait: "committed" });
      deleted.push(thread.id);
    },
    "delete a thread of all": async () => {
      const id = any(doomed);
      await threads.delete(id, { wait: "committed" });
      deleted.push(id);
    },
  };
  const pick = () => {
    const chance = Math.random();
    if (chance < 0.6) return "append to a shared thread";
    if (chance < 0.7) return "append three items";
    if (chance < 0.78) return "append to a thread that may be deleted";
    if (chance < 0.84) return "create";
    if (chance < 0.9) return "rename";
    if (chance < 0.97) return "append to its own thread";
    return chance < 0.995 ? "delete its own thread" : "delete a thread of all";
  };
  let left = operations;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      const name = pick();
      try {
        await steps[name]?.();
        counts[name] = (counts[name] ?? 0) + 1;
      } catch (error) {
        const { code } = error as { code: string };
        if (code !== "thread_deleted" || !name.endsWith("may be deleted")) throw error;
        refused += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return { counts: { ...counts, refused }, appended, names: Object.fromEntries(names), deleted };
}

/** Everything that a tab sees: names and histories, after reading what the others committed. */
export async function readAll(): Promise<Record<string, { name: string | null; items: string[] }>> {
  await store.refresh();
  const all: Record<string, { name: string | null; items: string[] }> = {};
  let cursor: string | null = null;
  do {
    const query = { archived: "all", limit: 1000, ...(cursor ? { cursor } : {}) } as const;
    const { data, nextCursor }: import("creel").ThreadPage = await store.threads.list(query);
    for (const { id, name } of data) {
      const items: string[] = [];
      for await (const { seq, item } of store.threads.open(id).items<{ marker: string }>()) {
        items.push(`${id} ${seq} ${item.marker}`);
      }
      all[id] = { name, items };
    }
    cursor = nextCursor;
  } while (cursor);
  return all;
}
