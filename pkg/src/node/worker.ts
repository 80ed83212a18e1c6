/** The thread that a database works in: it opens one and answers calls until it is told to close. */

import { parentPort, workerData } from "node:worker_threads";
import { Engine } from "./engine.js";
import { tell } from "./failures.js";
import type { Answered, Asked } from "./work.js";

const answer = (message: Answered) => parentPort?.postMessage(message);

async function settle(id: number, work: () => Promise<unknown>): Promise<void> {
  try {
    answer({ id, value: await work() });
  } catch (cause) {
    answer({ id, failure: tell(cause) });
  }
}

let engine: Engine;

settle(0, async () => {
  engine = await Engine.open(workerData, () => answer("news"));
  parentPort?.on("message", async ({ id, method, parameters }: Asked) => {
    const call = engine[method] as (...parameters: unknown[]) => Promise<unknown>;
    await settle(id, () => call.apply(engine, parameters));
    if (method === "close") parentPort?.close();
  });
});
