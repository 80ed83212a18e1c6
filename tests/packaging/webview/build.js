/**
 * As extensions of VS Code build the script of a webview: one classic script, nothing beside it.
 *
 * A classic script can't wait at its top level, so that this also tells that no entry does.
 */

import { build } from "esbuild";

const classic = {
  bundle: true,
  minify: true,
  format: "iife",
  outdir: "dist",
  logOverride: { "empty-import-meta": "silent" },
};

await build({ ...classic, entryPoints: ["src/main.js", "src/opaque.js", "src/fetching.js"] });
