// What is measured: the data, the same for all contenders, and the work that each is given.

/** A thread as the contenders by hand keep it. */
export interface Row {
  id: string;
  root: string;
  name: string;
  updatedAt: number;
}

export interface Note {
  role: string;
  content: string;
}

/** A place to keep threads, opened empty. */
export interface Contender {
  /** Creates threads, each parent before its children, and gives each the same number of items. */
  fill(trees: readonly Row[][], items: readonly Note[]): Promise<void>;
  append(thread: string, items: readonly Note[]): Promise<void>;
  /** Lists the newest threads. */
  newest(limit: number): Promise<number>;
  /** Reads the last items of a thread. */
  last(thread: string, limit: number): Promise<number>;
  /** Deletes a tree; resolves when nothing shows it any more. */
  remove(root: string): Promise<void>;
  /** Takes everything away. */
  destroy(): Promise<void>;
}

const TREES = 60;
const THREADS_OF_A_TREE = 10;
const ITEMS_OF_A_THREAD = 20;

/** The items of one append in the second measure, and those of one page. */
const BATCH = 25;
const PAGE = 50;

/** How often each thing is done in one round. */
const TIMES = { append: 40, batch: 10, list: 20, read: 20, remove: 6 };

const note: Note = { role: "assistant", content: "The test fails on the second run. ".repeat(17) };

/** An id of the form that Creel takes, in the order of `number`. */
function id(number: number): string {
  return `0197742a-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

export const trees: readonly Row[][] = Array.from({ length: TREES }, (_, tree) =>
  Array.from({ length: THREADS_OF_A_TREE }, (_, member) => {
    const number = tree * THREADS_OF_A_TREE + member;
    const root = id(tree * THREADS_OF_A_TREE);
    return {
      id: id(number),
      root,
      name: `Thread ${number}`,
      updatedAt: 1_750_000_000_000 + number,
    };
  }),
);

export const items: readonly Note[] = Array(ITEMS_OF_A_THREAD).fill(note);

/** One line of the result: what was done, and how to do it once a round. */
export interface Measure {
  name: string;
  /** Does the work, and resolves to how often. */
  run(contender: Contender, round: number): Promise<number>;
}

const busy = id(1);

export const MEASURES: readonly Measure[] = [
  {
    name: "Append an item",
    run: (contender) => repeat(TIMES.append, () => contender.append(busy, [note])),
  },
  {
    name: `Append ${BATCH} items`,
    run: (contender) => repeat(TIMES.batch, () => contender.append(busy, Array(BATCH).fill(note))),
  },
  {
    name: `List the newest ${PAGE} threads`,
    run: (contender) => repeat(TIMES.list, () => expect(contender.newest(PAGE))),
  },
  {
    name: `Read the last ${PAGE} items`,
    run: (contender) => repeat(TIMES.read, () => expect(contender.last(busy, PAGE))),
  },
  {
    name: `Delete a tree of ${THREADS_OF_A_TREE} threads`,
    run: (contender, round) =>
      repeat(TIMES.remove, (time) =>
        // The first tree is the busy one, and stays.
        contender.remove(id((1 + round * TIMES.remove + time) * THREADS_OF_A_TREE)),
      ),
  },
];

/** As many as there are trees to delete. */
export const ROUNDS = Math.floor((TREES - 1) / TIMES.remove);

async function repeat(times: number, run: (time: number) => Promise<void>): Promise<number> {
  for (let time = 0; time < times; time++) await run(time);
  return times;
}

async function expect(found: Promise<number>): Promise<void> {
  const length = await found;
  if (length !== PAGE) throw new Error(`${length} found, not ${PAGE}`);
}
