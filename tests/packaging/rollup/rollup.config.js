/** Rollup emits no asset by itself: the module is copied beside the code. */

import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nodeResolve } from "@rollup/plugin-node-resolve";

const module = {
  name: "creel-wasm",
  writeBundle({ dir }) {
    copyFileSync(fileURLToPath(import.meta.resolve("creel/creel.wasm")), `${dir}/creel.wasm`);
  },
};

export default {
  input: ["src/main.js", "src/worker.js", "src/shared-worker.js"],
  output: { dir: "dist" },
  plugins: [nodeResolve(), module],
};
