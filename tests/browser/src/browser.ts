/** A real Chromium with a profile of its own, on either of its IndexedDB backends. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumPath } from "./places.js";
import { onlyRenderer } from "./processes.js";

/** The backends that Chromium keeps IndexedDB in. */
export const BACKENDS = ["leveldb", "sqlite"] as const;
export type Backend = (typeof BACKENDS)[number];

const QUIET = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  // So that a browser with one tab has one renderer.
  "--disable-features=SpareRendererForSitePerProcess",
  "--disable-sync",
  "--no-first-run",
];

/** A browser whose profile outlives its process. */
export class Browser {
  readonly #profile: string;
  readonly #backend: Backend;
  #context: BrowserContext | undefined;

  /** Starts a browser with an empty profile, which `prepare` may make its own beforehand. */
  static async start(
    backend: Backend = "leveldb",
    prepare: (profile: string) => void = () => undefined,
  ): Promise<Browser> {
    const browser = new Browser(await mkdtemp(join(tmpdir(), "creel-browser-")), backend);
    prepare(browser.#profile);
    await browser.#launch();
    return browser;
  }

  private constructor(profile: string, backend: Backend) {
    this.#profile = profile;
    this.#backend = backend;
  }

  /** What all tabs share. */
  get context(): BrowserContext {
    if (!this.#context) throw new Error("the browser is stopped");
    return this.#context;
  }

  /** Opens a tab; an error that its page does not catch is printed. */
  async open(address: string): Promise<Page> {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => console.error(`uncaught in the page: ${error}`));
    await page.goto(address);
    return page;
  }

  /**
   * Prepares the crash of a tab and closes all others: the function returned kills the tab's
   * renderer on the spot, and resolves when the browser has noticed.
   */
  async doom(tab: Page): Promise<() => Promise<void>> {
    for (const other of this.#context?.pages() ?? []) if (other !== tab) await other.close();
    const renderer = await onlyRenderer(this.#profile);
    return async () => {
      const crashed = tab.waitForEvent("crash", { timeout: 10_000 });
      process.kill(renderer, "SIGKILL");
      await crashed;
    };
  }

  /** Ends the process and starts another one with the same profile. */
  async restart(): Promise<void> {
    await this.#context?.close();
    await this.#launch();
  }

  /** Tells by the files in the profile which backend keeps its IndexedDB data. */
  async backend(): Promise<Backend | undefined> {
    const files = await readdir(join(this.#profile, "Default/IndexedDB"), { recursive: true });
    if (files.some((file) => file.endsWith(".leveldb"))) return "leveldb";
    return files.some((file) => file.endsWith("-wal")) ? "sqlite" : undefined;
  }

  /** Ends the process and removes the profile. */
  async stop(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #launch(): Promise<void> {
    const features = this.#backend === "sqlite" ? ["--enable-features=IdbSqliteBackingStore"] : [];
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      executablePath: chromiumPath(),
      headless: true,
      args: [...QUIET, ...features],
    });
  }
}
