/** The records of the contenders that keep one a thread and one an item. */

import type { Item, Row } from "./data.js";

export interface Thread {
  id: string;
  root: string;
  /** Empty for a root: an index takes no null. */
  parent: string;
  name: string;
  createdAt: number;
  updatedAt: number;
  /** 0 or 1: an index takes no boolean. */
  archived: number;
  length: number;
}

export interface ItemRecord {
  thread: string;
  seq: number;
  item: Item;
}

/** Makes the record of a thread that has items already. */
export function record({ id, root, parent, name }: Row, length: number): Thread {
  const now = Date.now();
  return {
    id,
    root,
    parent: parent ?? "",
    name,
    createdAt: now,
    updatedAt: now,
    archived: 0,
    length,
  };
}
