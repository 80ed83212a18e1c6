/**
 * As extensions of VS Code build the script of a webview: one classic script, nothing beside it.
 *
 * A classic script can't wait at its top level, so that this also tells that no entry does.
 */

import { readFileSync } from "node:fs";
import { build } from "esbuild";

const classic = {
  bundle: true,
  minify: true,
  format: "iife",
  outdir: "dist",
  logOverride: { "empty-import-meta": "silent" },
};

const { exports } = JSON.parse(readFileSync("node_modules/creel/package.json", "utf8"));
const entries = Object.values(exports).flatMap((target) => target.default ?? []);

await build({
  ...classic,
  entryPoints: entries.map((file) => `node_modules/creel/${file}`),
  packages: "external",
  write: false,
});
await build({ ...classic, entryPoints: ["src/main.js", "src/opaque.js", "src/fetching.js"] });
