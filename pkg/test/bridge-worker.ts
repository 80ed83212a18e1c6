/** A worker that owns a store in memory and serves it at every port that it is sent. */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Creel } from "creel";
import { serveBridge } from "creel/bridge";

const creel = await Creel.open({ storage: "memory" });
const root = await creel.threads.create({ name: workerData });

parentPort?.on("message", async (message: MessagePort | "close" | "hang") => {
  if (message === "close") await creel.close();
  else if (message === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  else serveBridge(creel, message);
});
parentPort?.postMessage(root.id);
