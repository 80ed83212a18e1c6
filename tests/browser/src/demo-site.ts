// The built demo on a static host, and a browser to look at it: what every file of the demo's tests begins with.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Browser, BrowserContext } from "playwright-core";
import { type Demo, launch, serveFolder } from "./demo-page.js";

export const HERE = join(import.meta.dirname, "..");
export const REPOSITORY = join(HERE, "../..");
const DIST = process.env["DEMO_DIST"] || join(REPOSITORY, "web-demo/dist");
const SHOTS = join(HERE, "test-results/demo");

type ContextOptions = Parameters<Browser["newContext"]>[0];

export interface DemoSite {
  /** Where the demo is, with a slash at its end. */
  readonly url: string;
  /** Takes the host away: from now on nothing answers at the address. */
  stopHost(): Promise<void>;
  /** Runs in a browser profile without anything in it. */
  inNewProfile(
    run: (context: BrowserContext) => Promise<void>,
    options?: ContextOptions,
  ): Promise<void>;
}

/** Serves the demo below the path `under`, and has a browser, while the tests of the file run. */
export function demoSite(under = "/"): DemoSite {
  let browser: Browser;
  let server: Server;
  let url: string;
  before(async () => {
    assert.ok(existsSync(DIST), `the demo is not built: there is no ${DIST}`);
    ({ server, url } = await serveFolder(DIST, under));
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });
  return {
    get url() {
      return url;
    },
    async stopHost() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async inNewProfile(run, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1360, height: 860 },
        colorScheme: "light",
        ...options,
      });
      try {
        await run(context);
      } finally {
        await context.close();
      }
    },
  };
}

/** Keeps a picture for people to look at. */
export function shot(demo: Demo, name: string): Promise<Buffer> {
  mkdirSync(SHOTS, { recursive: true });
  return demo.page.screenshot({ path: join(SHOTS, `${name}.png`) });
}
