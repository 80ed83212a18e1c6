/** A graph that runs in a real Chromium and keeps its checkpoints in IndexedDB, over reloads. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import type { agents } from "./page.js";

declare global {
  interface Window {
    agents: typeof agents;
  }
}

async function site() {
  const entryPoints = [fileURLToPath(new URL("page.js", import.meta.url))];
  const built = await build({ entryPoints, bundle: true, format: "esm", write: false });
  const files = new Map<string | undefined, [type: string, content: Uint8Array | string]>([
    ["/", ["text/html", '<!doctype html><script type="module" src="/page.js"></script>']],
    ["/page.js", ["text/javascript", built.outputFiles[0]?.contents ?? ""]],
    [
      "/creel.wasm",
      ["application/wasm", await readFile(new URL(import.meta.resolve("creel/creel.wasm")))],
    ],
  ]);
  const server = createServer(({ url }, response) => {
    const [type, content] = files.get(url) ?? [];
    if (type) response.writeHead(200, { "content-type": type }).end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]: () => void server.close(),
  };
}

test("a breakpoint in a subgraph survives a reload of the page, and a deletion takes subgraphs along", async (t) => {
  const executablePath = process.env.CHROMIUM;
  assert.ok(executablePath, "CHROMIUM names no browser");
  using server = await site();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const visit = () => page.goto(server.url, { waitUntil: "load" });

  await visit();
  assert.deepEqual((await page.evaluate(() => window.agents.start())).log, ["built"]);
  await visit();
  const end = await page.evaluate(() => window.agents.resume());
  assert.deepEqual(end.log.slice(-1), ["deployed what is built"]);
  await visit();
  const removed = await page.evaluate(() => window.agents.remove());
  assert.deepEqual(removed, {
    root: "langgraph",
    threads: 0,
    items: 0,
    code: "thread_deleted",
  });
});
