// Builds the demo as files that any static host can serve, with a service worker that keeps exactly those files.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";

/** Kept as `./`: some hosts redirect its name, and a redirected answer can't open a page. */
const PAGE = "index.html";

/** Writes `sw.js` from its template, with the list of what was built and a version that follows from its content. */
function serviceWorker(): Plugin {
  return {
    name: "creel-demo-service-worker",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) return;
      const files = readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
        .sort();
      const hash = createHash("sha256");
      for (const file of files) hash.update(file).update(readFileSync(join(dir, file)));
      const worker = readFileSync(join(import.meta.dirname, "src/service-worker.js"), "utf8")
        .replace("__VERSION__", hash.digest("hex").slice(0, 16))
        .replace('"__FILES__"', JSON.stringify(["./", ...files.filter((file) => file !== PAGE)]));
      this.environment.config.logger.info(`sw.js keeps ${files.length} files`);
      writeFileSync(join(dir, "sw.js"), worker);
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [solid(), serviceWorker()],
  worker: { format: "es" },
  // The dev server's pre-bundling would move the package's code away from its WebAssembly.
  optimizeDeps: { exclude: ["creel"] },
  build: { target: "es2022", modulePreload: { polyfill: false } },
});
