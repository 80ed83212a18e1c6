/** Creel with the address of its module, which the configuration copies beside the code. */

export { Creel } from "creel";

export const options = { wasm: new URL("./creel.wasm", import.meta.url) };
