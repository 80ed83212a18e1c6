/**
 * Creel with its WebAssembly inside the JavaScript, for pages that may fetch nothing: webviews under
 * a strict content security policy, sandboxed frames, pages from `file:`, scripts of one file.
 *
 * It is the same Creel as that of the main entry, and where both are imported, neither fetches.
 */

import packed from "../wasm/creel_inline.js";
import { provide } from "./init.js";

export * from "./api.js";

provide({ inline });

/** Unpacks the module while it is compiled. */
function inline(): Response {
  const text = atob(packed);
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const module = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(module, { headers: { "content-type": "application/wasm" } });
}
