// The address bar keeps which thread is open, so that a reload and a second tab find it: `#/thread/<id>`.

import { createSignal } from "solid-js";

const [openThread, setOpenThread] = createSignal(parse());
window.addEventListener("hashchange", () => setOpenThread(parse()));

export { openThread };

/** The address of a thread, or of the page with none open. */
export const threadHref = (id: string | undefined): string =>
  id === undefined ? "#/" : `#/thread/${encodeURIComponent(id)}`;

export function goTo(id: string | undefined): void {
  if (id === openThread()) return;
  window.location.hash = threadHref(id);
}

function parse(): string | undefined {
  const match = /^#\/thread\/(.+)$/.exec(window.location.hash);
  return match?.[1] && decodeURIComponent(match[1]);
}
