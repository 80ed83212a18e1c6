/** What runs in the page of the browser test: a graph whose checkpoints are in IndexedDB. */

import { Annotation, START, StateGraph } from "@langchain/langgraph/web";
import { Creel } from "creel";
import { CreelSaver } from "creel/langgraph";

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (one, other) => one.concat(other), default: () => [] }),
});

const at = { configurable: { thread_id: "user-42" } };

/** Runs `step` with a graph over the store, which is closed at the end. */
async function withGraph<T>(
  step: (graph: ReturnType<typeof compile>, creel: Creel) => Promise<T>,
): Promise<T> {
  const creel = await Creel.open({ name: "agents", wasm: "/creel.wasm" });
  try {
    return await step(compile(new CreelSaver(creel)), creel);
  } finally {
    await creel.close();
  }
}

function compile(saver: CreelSaver) {
  // `interrupt` needs Node's AsyncLocalStorage; browsers have breakpoints alone.
  const deploying = new StateGraph(State)
    .addNode("deploy", ({ log }) => ({ log: [`deployed what is ${log.at(-1)}`] }))
    .addEdge(START, "deploy")
    .compile({ interruptBefore: ["deploy"] });
  return new StateGraph(State)
    .addNode("build", () => ({ log: ["built"] }))
    .addNode("deploying", deploying)
    .addEdge(START, "build")
    .addEdge("build", "deploying")
    .compile({ checkpointer: saver });
}

/** What the test calls. */
export const agents = {
  start: () => withGraph((graph) => graph.invoke({ log: [] }, at)),
  resume: () => withGraph((graph) => graph.invoke(null, at)),
  remove: () =>
    withGraph(async (_, creel) => {
      const saver = new CreelSaver(creel);
      const [root] = (await creel.threads.list({ rootsOnly: true })).data;
      await saver.deleteThread("user-42");
      const { threads, items } = await creel.stats();
      const late = compile(saver).invoke({ log: [] }, at);
      const code = await late.then(
        () => "stored",
        (error) => error.code,
      );
      return { root: root?.originator, threads, items, code };
    }),
};

Object.assign(globalThis, { agents });
