/** The data of the bench: the same threads, trees and items for every contender and every run. */

/** A thread to be stored; a root names itself as its root and has no parent. */
export interface Row {
  id: string;
  root: string;
  parent: string | null;
  name: string;
  /** How many items it begins with. */
  items: number;
}

/** An item of a history, as a program holds it. */
export interface Item {
  role: "user" | "assistant";
  number: number;
  content: string;
}

/** How large an item is as JSON, in bytes. */
export const SMALL = 600;
export const LARGE = 20_000;

/** The members of the tree that is archived or deleted, its root not counted. */
export const DESCENDANTS = 1_000;
export const ITEMS_OF_A_MEMBER = 20;
const CHILDREN_OF_A_MEMBER = 10;

/** The kinds of threads, each with ids of its own. */
type Kind = "flat" | "long" | "tree" | "wide" | "large";
const KINDS: readonly Kind[] = ["flat", "long", "tree", "wide", "large"];

/** Returns the id of a thread, in the form that Creel takes; ids grow with the number. */
export function id(kind: Kind, number: number): string {
  const space = (0x7000 + KINDS.indexOf(kind)).toString(16);
  return `0197742a-0000-${space}-8000-${number.toString(16).padStart(12, "0")}`;
}

/** Returns threads without a parent. */
export function flat(count: number, items: number): Row[] {
  return Array.from({ length: count }, (_, n) => root(id("flat", n), `Flat ${n}`, items));
}

/** Returns the thread that has a history of this length. */
export function long(length: number, kind: "long" | "large" = "long"): Row[] {
  return [root(id(kind, 0), "Long", length)];
}

/** Returns the tree of this number: each member spawned up to ten others. */
export function tree(number: number, items = ITEMS_OF_A_MEMBER): Row[] {
  const member = (n: number) => id("tree", number * 10_000 + n);
  return Array.from({ length: DESCENDANTS + 1 }, (_, n) => ({
    id: member(n),
    root: member(0),
    parent: n === 0 ? null : member(Math.floor((n - 1) / CHILDREN_OF_A_MEMBER)),
    name: `Tree ${number}, member ${n}`,
    items,
  }));
}

/** Returns a root that has all others as its children, without items. */
export function wide(children: number): Row[] {
  const top = root(id("wide", 0), "Wide", 0);
  return [
    top,
    ...Array.from({ length: children }, (_, n) => ({
      id: id("wide", n + 1),
      root: top.id,
      parent: top.id,
      name: `Child ${n}`,
      items: 0,
    })),
  ];
}

/** What a store begins with, by name. */
export const fillings = {
  "10k": () => [...flat(9_000, 2), ...long(10_000), ...tree(0)],
  "10k, short": () => [...flat(9_000, 0), ...tree(0)],
  large: () => long(1_000, "large"),
  "100k": () => [...flat(98_999, 0), ...wide(1_000)],
} as const satisfies Record<string, () => Row[]>;

export type Filling = keyof typeof fillings;

/** Returns `count` items whose JSON has `size` bytes each; the same for the same arguments. */
export function items(count: number, size: number, seed = 0): Item[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, n) => item(n, size, random));
}

/** Returns numbers from 0 to 1, the same for the same seed: mulberry32. */
export function generator(seed: number): () => number {
  let state = seed + 0x6d2b79f5;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function root(id: string, name: string, items: number): Row {
  return { id, root: id, parent: null, name, items };
}

function item(number: number, size: number, random: () => number): Item {
  const empty: Item = { role: number % 2 ? "assistant" : "user", number, content: "" };
  const length = size - JSON.stringify(empty).length;
  let content = "";
  while (content.length < length) content += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return { ...empty, content: content.slice(0, length) };
}

/** Words of 2 to 11 letters, so that the text compresses about as well as prose does. */
const WORDS: readonly string[] = (() => {
  const random = generator(1);
  const letters = "etaoinshrdlucmfwypvbgk";
  const letter = () => letters[Math.floor(random() * random() * letters.length)] ?? "e";
  return Array.from({ length: 2_000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 10) }, letter).join(""),
  );
})();
