// The contender Creel: a store of its own in IndexedDB, opened as the page opens its own.

import { Creel } from "creel";
import type { Contender } from "./work.ts";

export async function openCreel(name: string): Promise<Contender> {
  await Creel.destroy(name);
  const creel = await Creel.open({ name });
  const { threads } = creel;
  return {
    async fill(trees, items) {
      for (const tree of trees) {
        await Promise.all(
          tree.map(async ({ id, root, name }) => {
            await threads.create(id === root ? { id, name } : { id, name, parentThreadId: root });
            await threads.append(id, items);
          }),
        );
      }
    },
    async append(thread, items) {
      await threads.append(thread, items);
    },
    async newest(limit) {
      return (await threads.list({ limit })).data.length;
    },
    async last(thread, limit) {
      return (await threads.items(thread, { limit, sortDirection: "desc" })).data.length;
    },
    async remove(root) {
      await threads.delete(root, { wait: "committed" });
    },
    async destroy() {
      await creel.close();
      await Creel.destroy(name);
    },
  };
}
