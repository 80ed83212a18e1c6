/**
 * The pages of the contenders: bundled once, served to each from an origin of its own, so that none
 * shares a database's files with another. The pages are isolated, which gives them precise clocks.
 */

import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { build } from "esbuild";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module" src="/index.js"></script>`;

const project = join(import.meta.dirname, "..");
const output = join(project, "dist/site");

/** What the contenders fetch besides their code. */
const FILES = [
  "creel/wasm/creel_bg.wasm",
  "@sqlite.org/sqlite-wasm/dist/sqlite3.wasm",
  "@electric-sql/pglite/dist/pglite.wasm",
  "@electric-sql/pglite/dist/pglite.data",
  "@electric-sql/pglite/dist/initdb.wasm",
];

export class Site {
  readonly #server: Server;

  /** Bundles the pages and serves them on this machine. */
  static async start(): Promise<Site> {
    if (!existsSync(join(project, "node_modules/creel"))) {
      throw new Error("the package is not installed here: `cargo xtask bench` does that");
    }
    await rm(output, { recursive: true, force: true });
    await mkdir(output, { recursive: true });
    await bundle();
    for (const file of FILES) {
      await copyFile(join(project, "node_modules", file), join(output, basename(file)));
    }
    const server = createServer(async ({ url = "/" }, response) => {
      const { pathname } = new URL(url, "http://localhost");
      const headers = {
        "content-type": TYPES[extname(pathname)] ?? "application/octet-stream",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "cache-control": "max-age=3600",
      };
      try {
        const content = pathname === "/page.html" ? PAGE : await readFile(inside(pathname));
        response.writeHead(200, headers).end(content);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Site(server);
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Returns the address of a contender's page; each name is an origin. */
  address(name: string, search = ""): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${name}.localhost:${port}/page.html${search}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: join(project, "src/page"),
    entryPoints: { index: "index.ts", "sqlite-worker": "contenders/sqlite-worker.ts" },
    outdir: output,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    // PGlite looks for these in Node only.
    external: ["fs", "fs/promises", "path", "module", "url", "crypto", "util", "node:*", "ws"],
    logLevel: "warning",
    // Each contender is given the address of its WebAssembly.
    logOverride: { "empty-import-meta": "silent", "unsupported-new-url": "silent" },
  });
}

function inside(pathname: string): string {
  return join(output, basename(pathname));
}
