/** The contender sqlite-wasm on OPFS: its worker, as the page sees it. Items cross as text. */

import type { Contender } from "../contender.js";
import type { Item } from "../data.js";
import type { Answer, Call, Calls } from "./sqlite-calls.js";

/** Only the pool of access handles is used; the other ways into OPFS would start workers of their own. */
const WORKER = "/sqlite-worker.js?opfs-disable&opfs-wl-disable";

export function contender(): Contender {
  let worker: Worker;
  let next = 0;
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();

  function call<Name extends keyof Calls>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    return new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, name, args } satisfies Call);
    });
  }

  return {
    async open(name, durability) {
      worker = new Worker(WORKER, { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        const waiter = waiting.get(data.id);
        waiting.delete(data.id);
        if (data.error === undefined) waiter?.resolve(data.value as never);
        else waiter?.reject(new Error(data.error));
      };
      await call("open", name, durability);
    },
    async fill(rows, items) {
      for (let first = 0; first < rows.length; first += 1_000) {
        const part = rows.slice(first, first + 1_000);
        await call(
          "fill",
          part.map((row) => ({ row, lines: items(row).map((item) => JSON.stringify(item)) })),
        );
      }
    },
    append: (thread, items) =>
      call("append", thread, items.map((item) => JSON.stringify(item)).join("\n")),
    async load(thread): Promise<Item[]> {
      return JSON.parse(await call("load", thread));
    },
    newest: (limit) => call("newest", limit),
    children: (parent, limit) => call("children", parent, limit),
    archive: (root) => call("archive", root, 1),
    unarchive: (root) => call("archive", root, 0),
    async remove(root, committed) {
      await call("remove", root);
      committed();
    },
    async close() {
      await call("close");
      worker.terminate();
    },
  };
}
