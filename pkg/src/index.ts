/**
 * The main entry: Creel, with its WebAssembly in one file beside the code.
 *
 * The address is written in the form that bundlers know, so that they emit the file as an asset.
 */

import { provide } from "./init.js";

export * from "./api.js";

provide({ file: () => new URL("../wasm/creel_bg.wasm", import.meta.url) });
