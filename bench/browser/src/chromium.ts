/** A Chromium with a profile that outlives its process, on either of its IndexedDB backends. */

import { existsSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

/** The backends that Chromium keeps IndexedDB in. */
export type Backend = "leveldb" | "sqlite";

const FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
];

export class Chromium {
  readonly #profile: string;
  readonly backend: Backend;
  #context: BrowserContext | undefined;

  /** Starts a browser with an empty profile. */
  static async start(backend: Backend): Promise<Chromium> {
    const browser = new Chromium(await mkdtemp(join(tmpdir(), "creel-bench-")), backend);
    await browser.launch();
    return browser;
  }

  private constructor(profile: string, backend: Backend) {
    this.#profile = profile;
    process.once("exit", () => {
      try {
        rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      } catch {
        // The browser may still be writing its last; what it leaves lies among temporary files.
      }
    });
    this.backend = backend;
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error("the browser is stopped");
    return this.#context;
  }

  /** The version of the browser that runs. */
  get version(): string {
    return this.context.browser()?.version() ?? "unknown";
  }

  /** Opens a tab; an error that its page does not catch is printed. */
  async open(address: string): Promise<Page> {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => console.error(`uncaught in the page: ${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") console.error(`the page says: ${message.text()}`);
    });
    await page.goto(address);
    return page;
  }

  /** Starts the process, which `quit` has ended. */
  async launch(): Promise<void> {
    const features = this.backend === "sqlite" ? ["--enable-features=IdbSqliteBackingStore"] : [];
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      executablePath: executable(),
      headless: true,
      args: [...FLAGS, ...features],
    });
  }

  /** Ends the process and keeps the profile. */
  async quit(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
  }

  /** Ends the process and removes the profile. */
  async stop(): Promise<void> {
    await this.quit();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function executable(): string {
  const { CHROMIUM: path = "/usr/bin/chromium" } = process.env as { CHROMIUM?: string };
  if (existsSync(path)) return path;
  throw new Error(`${path} is missing: let the variable CHROMIUM name a Chromium or Chrome`);
}
