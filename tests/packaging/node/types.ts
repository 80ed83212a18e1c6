/** What a strict TypeScript project sees of the package's types; it is compiled, never run. */

import { Creel, type CreelError, type StorageHost, type Thread } from "creel";
import { IndexedDbHost } from "creel/indexeddb";

export async function use(host: StorageHost): Promise<Thread[]> {
  await using creel = await Creel.open({ storage: host, durability: "strict" });
  const root = await creel.threads.create({ name: "Fix the build", metadata: { pinned: true } });
  const child = await root.spawn({ agentNickname: "log reader" });
  const { first }: { first: number } = await child.append([{ type: "userMessage" }]);
  for await (const { seq, at, item } of root.items<{ type: string }>({ from: first })) {
    console.log(seq + at, item.type.length);
  }
  creel.on("thread/name/updated", ({ threadName }) => threadName?.length);
  creel.on(
    "change",
    (event) => event.type === "deleted" && event.threadIds.length + event.position,
  );
  const renamed: string | null = (await root.update({ name: null })).name;
  await root
    .delete({ onProgress: ({ erased }) => console.log(erased) })
    .catch((e: CreelError) => e.code);
  // @ts-expect-error a number is no name
  await root.rename(renamed ?? 7);
  return (await creel.threads.list({ sortKey: "updatedAt", limit: 10 })).data;
}

export const host: Promise<StorageHost> = IndexedDbHost.open("wrapped");
