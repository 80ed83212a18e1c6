// What the tests of the demo share: its build served from a static server, a browser, and words for what is on the page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".jsonl": "application/jsonl",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/** Serves a folder on this machine below the path `under`, as any static host would, and nothing beside it. */
export async function serveFolder(
  folder: string,
  under: string,
): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    if (!path.startsWith(under)) {
      response.writeHead(404).end();
      return;
    }
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const file = join(folder, name.slice(under.length));
    readFile(file).then(
      (bytes) => response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${under}`, server };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking"],
  });
}

/** One tab with the demo. */
export class Demo {
  readonly page: Page;
  readonly problems: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(String(error.stack)));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1")
        this.problems.push(`it asked ${hostname}`);
    });
  }

  static async open(context: BrowserContext, url: string): Promise<Demo> {
    const demo = new Demo(await context.newPage());
    await demo.page.goto(url);
    await demo.page.locator("[data-figure=threads]", { hasText: /\d/ }).waitFor();
    return demo;
  }

  /** The forest as it is shown, a line each, nested by `. `. */
  async tree(): Promise<string[]> {
    return this.rows.evaluateAll((rows) =>
      rows
        .map((row) => ({
          top: row.getBoundingClientRect().top,
          level: Number(row.getAttribute("aria-level")),
          name: row.querySelector(".name")?.textContent ?? "",
        }))
        .sort((a, b) => a.top - b.top)
        .map(({ level, name }) => ". ".repeat(level - 1) + name),
    );
  }

  get rows(): Locator {
    return this.page.getByRole("treeitem");
  }

  row(name: string): Locator {
    return this.rows.filter({ has: this.page.locator(".name").getByText(name, { exact: true }) });
  }

  /** What lies in the corner for each deletion that is not finished. */
  get slip(): Locator {
    return this.page.locator("[data-deletion]");
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** Opens the sample that comes with the demo into an empty store. */
  async loadSample(): Promise<void> {
    await this.button("Load the sample").first().click();
    await this.button("Read them").click();
    await this.expectFigure("threads", "8");
  }

  /** Opens sessions from a folder, or from files given by name and content; the report stays open. */
  async openSessions(source: string | { name: string; text: string }[]): Promise<void> {
    await this.chooseFiles(source);
    await this.button("Read them").waitFor({ timeout: 60_000 });
  }

  async chooseFiles(source: string | { name: string; text: string }[]): Promise<void> {
    await this.button("Open sessions…").first().click();
    if (typeof source === "string") {
      await this.page.locator("#pick-folder").setInputFiles(source);
      return;
    }
    const files = source.map(({ name, text }) => ({
      name,
      mimeType: "",
      buffer: Buffer.from(text),
    }));
    await this.page.locator("#pick-files").setInputFiles(files);
  }

  async report(): Promise<string | null> {
    return this.page.locator("[data-report]").getAttribute("data-report");
  }

  /** Waits until the forest is as given. */
  async expectTree(expected: string[]): Promise<void> {
    await until(async () => assert.deepEqual(await this.tree(), expected));
  }

  expectFigure(name: string, value: string): Promise<void> {
    return until(async () => assert.equal(await this.figure(name), value));
  }

  figure(name: string): Promise<string> {
    return this.page.locator(`[data-figure=${name}]`).innerText();
  }

  expectCalm(): void {
    assert.deepEqual(this.problems, []);
  }
}

/** Tries until it holds; the last failure is thrown. */
export async function until(check: () => Promise<void>, within = 8000): Promise<void> {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }
}
