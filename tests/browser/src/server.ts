/** A server of static files for the pages of the tests. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves directories of files, and pages given as texts, on this machine. */
export class StaticServer {
  readonly #server: Server;

  /**
   * Starts a server; `roots` maps the beginning of a path to a directory, the empty one all paths
   * that no other has. The page of a directory is its `index.html`.
   */
  static async start(
    roots: Record<string, string>,
    pages: Record<string, string> = {},
  ): Promise<StaticServer> {
    const server = createServer(async ({ url = "/" }, response) => {
      const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
      const page = pages[path];
      if (page !== undefined) {
        response.writeHead(200, { "content-type": "text/html" }).end(page);
        return;
      }
      const file = fileAt(normalize(path.endsWith("/") ? `${path}index.html` : path), roots);
      try {
        if (!file) throw new Error(`nothing is at ${path}`);
        const content = await readFile(file);
        const type = TYPES[extname(file)] ?? "application/octet-stream";
        // Pages of other origins are among the tests.
        const headers = { "content-type": type, "access-control-allow-origin": "*" };
        response.writeHead(200, headers).end(content);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new StaticServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  /** The address of the server, with a slash at its end. */
  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Stops the server and its connections. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function fileAt(path: string, roots: Record<string, string>): string | undefined {
  const root = Object.keys(roots).find((root) => root !== "" && path.startsWith(`/${root}/`));
  const directory = roots[root ?? ""];
  return directory && join(directory, path.slice(root ? root.length + 1 : 0));
}
