/** The validation suite that LangGraph publishes for checkpointers, whole, with its optional part. */

import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import { Creel } from "creel";
import { CreelSaver } from "creel/langgraph";

const stores = new WeakMap<CreelSaver, Creel>();

const initializer = {
  checkpointerName: "CreelSaver",
  async createCheckpointer() {
    const creel = await Creel.open({ storage: "memory" });
    const saver = new CreelSaver(creel);
    stores.set(saver, creel);
    return saver;
  },
  async destroyCheckpointer(saver: CreelSaver) {
    await stores.get(saver)?.close();
  },
};

validate(initializer);
deltaChannelHistoryTests(initializer);
