// How much of the browser's storage this site takes, and how much it may: the store's own figures don't know.

import type { Creel } from "creel";
import { createSignal, onCleanup } from "solid-js";

/** The browser counts files on a disk, so it is not asked after every commit. */
const ASK_MS = 2000;

export interface Space {
  usage: number;
  quota: number;
}

/** `undefined` where the browser does not say. */
export function createSpace(creel: Creel): () => Space | undefined {
  const [space, setSpace] = createSignal<Space>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async () => {
    const { usage, quota } = (await navigator.storage?.estimate()) ?? {};
    setSpace(usage === undefined || quota === undefined ? undefined : { usage, quota });
  };
  // Where the browser refuses to say, the figure is left out.
  const tryAsk = () => ask().catch(() => setSpace(undefined));
  const stop = creel.on("change", () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      tryAsk();
    }, ASK_MS);
  });
  onCleanup(() => {
    stop();
    clearTimeout(timer);
  });
  tryAsk();
  return space;
}
