/** Writes the module as JavaScript, compressed and in base64, for the entry `creel/inline`. */

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const directory = new URL("../wasm/", import.meta.url);
const module = readFileSync(new URL("creel_bg.wasm", directory));
const packed = gzipSync(module, { level: 9 }).toString("base64");
writeFileSync(new URL("creel_inline.js", directory), `export default "${packed}";\n`);
writeFileSync(
  new URL("creel_inline.d.ts", directory),
  "declare const packed: string;\nexport default packed;\n",
);
