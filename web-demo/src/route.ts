// The address bar keeps which thread is open, so that a reload and a second tab find it: `#/thread/<id>`.

import { createSignal } from "solid-js";

const [openThread, setOpenThread] = createSignal(parse());
window.addEventListener("hashchange", () => setOpenThread(parse()));

export { openThread };

export const threadHref = (id: string): string => `#/thread/${encodeURIComponent(id)}`;

export function goTo(id: string | undefined): void {
  if (id === openThread()) return;
  window.location.hash = id === undefined ? "#/" : threadHref(id);
}

function parse(): string | undefined {
  const match = /^#\/thread\/(.+)$/.exec(window.location.hash);
  return match?.[1] && decodeURIComponent(match[1]);
}
