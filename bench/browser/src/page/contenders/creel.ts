/** The contender Creel, from the package as its users get it. */

import { Creel } from "creel";
import type { Countable, Durability } from "../contender.js";
import type { Item, Row } from "../data.js";

/** The threads that are created at once while filling: they become one commit. */
const AT_ONCE = 500;
/** Longer than any bench, in milliseconds. */
const GRACE = 86_400_000;

export function contender(): Countable {
  let creel: Creel;
  const store = () => creel.threads;
  return {
    async open(name: string, durability: Durability) {
      creel = await Creel.open({ name, durability, wasm: "/creel_bg.wasm" });
    },
    async whole() {
      await creel.stats();
    },
    async fill(rows: readonly Row[], items: (row: Row) => readonly Item[]) {
      for (let first = 0; first < rows.length; first += AT_ONCE) {
        await Promise.all(
          rows.slice(first, first + AT_ONCE).flatMap((row) => {
            const { id, name, parent } = row;
            const own = items(row);
            const create = store().create(
              parent ? { id, name, parentThreadId: parent } : { id, name },
            );
            return own.length === 0 ? [create] : [create, store().append(id, own)];
          }),
        );
      }
    },
    async append(thread, items) {
      await store().append(thread, items);
    },
    async load(thread) {
      const loaded: Item[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await store().items<Item>(thread, {
          limit: 1_000,
          ...(cursor !== undefined && { cursor }),
        });
        for (const { item } of page.data) loaded.push(item);
        cursor = page.nextCursor;
      }
      return loaded;
    },
    async newest(limit) {
      const { data } = await store().list({ limit, sortKey: "updatedAt" });
      return data.map(({ id }) => id);
    },
    async children(parent, limit) {
      const { data } = await store().list({ limit, sortKey: "updatedAt", parentThreadId: parent });
      return data.map(({ id }) => id);
    },
    async archive(root) {
      await store().archive(root);
    },
    async unarchive(root) {
      await store().unarchive(root);
    },
    async remove(root, committed) {
      const stop = creel.on("change", ({ type }) => type === "deleted" && committed());
      await store().delete(root);
      stop();
    },
    async last(thread, limit) {
      return (await store().items(thread, { limit, sortDirection: "desc" })).data.length;
    },
    async hide(root) {
      await store().delete(root, { grace: GRACE });
    },
    async close() {
      await creel.close();
    },
  };
}
