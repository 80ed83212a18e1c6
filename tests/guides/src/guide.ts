/** The code of a guide as one module, and a page of a real browser that has it. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium, type Page } from "playwright-core";

/** Returns all JavaScript of a guide, in its order. */
export async function codeOf(guide: string): Promise<string> {
  const text = await readFile(new URL(`../../../docs/guides/${guide}.md`, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  assert.ok(blocks.length > 0, `${guide}.md has no code`);
  return blocks.join("\n");
}

/** Opens a page whose `guide` is what the code exports. */
export async function openPage(code: string, executablePath = process.env.CHROMIUM) {
  assert.ok(executablePath, "CHROMIUM names no browser");
  const built = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    format: "iife",
    globalName: "guide",
    logOverride: { "empty-import-meta": "silent" },
    write: false,
  });
  const files = new Map<string | undefined, [type: string, content: Uint8Array | string]>([
    ["/", ["text/html", '<!doctype html><script src="/guide.js"></script>']],
    ["/guide.js", ["text/javascript", built.outputFiles[0]?.contents ?? ""]],
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
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page: Page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.close();
    },
  };
}
