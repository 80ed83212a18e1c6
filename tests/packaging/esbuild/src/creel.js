/** Creel with the address of its module, which the loader emits beside the code. */

import module from "creel/creel.wasm";

export { Creel } from "creel";

export const options = { wasm: new URL(module, import.meta.url) };
