/** The loader `file` emits the module and gives its name; all the rest is as for any application. */

import { build } from "esbuild";

await build({
  entryPoints: ["src/main.js", "src/worker.js", "src/shared-worker.js", "src/unsaid.js"],
  outdir: "dist",
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  loader: { ".wasm": "file" },
});
