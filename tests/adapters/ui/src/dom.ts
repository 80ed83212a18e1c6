/** A document for React to render into, in Node. Import it before React. */

import { JSDOM } from "jsdom";

const dom = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });

/** The `WebSocket` of the document, which names its origin. */
export const { WebSocket } = dom.window;

for (const name of ["document", "window", "HTMLElement", "Element", "Node", "MutationObserver"]) {
  const value = name === "window" ? dom.window : dom.window[name as keyof typeof dom.window];
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
Object.assign(globalThis, {
  requestAnimationFrame: (run: (now: number) => void) => setTimeout(() => run(Date.now()), 16),
  cancelAnimationFrame: clearTimeout,
  ResizeObserver: class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  },
});

/** Makes an element in the document. */
export function container(): HTMLElement {
  return document.body.appendChild(document.createElement("div"));
}

/** Waits until something holds; fails after ten seconds with what `state` says. */
export async function until(
  holds: () => unknown,
  state: () => unknown = () => document.body.innerHTML,
): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await holds()) return;
    await sleep(10);
  }
  throw new Error(`it never came true: ${JSON.stringify(state())}`);
}

/** Waits for a time in milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
