/**
 * Plays the scenario of `tests/packaging/app` in a real browser: make a tree, let it grow, reload,
 * delete it, reload. Whatever a page complains of on its console ends the test.
 */

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Frame, Page } from "playwright-core";
import { Browser } from "../browser.js";

/** What the pages of one test did beside what they show. */
export interface Visit {
  page: Page;
  /** What it complained of. */
  complaints: string[];
  /** The addresses that it asked for, its workers' among them. */
  requests: string[];
}

export class Visitor {
  readonly #browser: Browser;

  /** Starts a browser, which ends with the test. */
  static async start(t: TestContext): Promise<Visitor> {
    const browser = await Browser.start();
    t.after(() => browser.stop());
    return new Visitor(browser);
  }

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Opens a page in a tab of its own. */
  async open(address: string): Promise<Visit> {
    const page = await this.#browser.context.newPage();
    const visit: Visit = { page, complaints: [], requests: [] };
    page.on("pageerror", (error) => visit.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") visit.complaints.push(message.text());
    });
    page.on("request", (request) => visit.requests.push(request.url()));
    await page.goto(address);
    return visit;
  }

  /** Plays the scenario to its end at an address and returns the requests that it took. */
  async play(address: string): Promise<string[]> {
    const { page, complaints, requests } = await this.open(address);
    await shows(page, "0 threads, 0 items");
    await grow(page);
    await page.reload();
    await shows(page, "2 threads, 3 items");
    assert.deepEqual(await page.locator("li").allTextContents(), ["note 0", "note 1", "a child's"]);
    await page.click("text=remove");
    await shows(page, "0 threads, 0 items");
    await page.reload();
    await shows(page, "0 threads, 0 items");
    assert.deepEqual(complaints, [], address);
    await page.close();
    return requests;
  }
}

/** Makes a tree and appends to it. */
export async function grow(page: Page | Frame): Promise<void> {
  await page.click("text=append");
  await shows(page, "2 threads, 2 items");
  await page.click("text=append");
  await shows(page, "2 threads, 3 items");
}

/** Waits until the page shows a state, and fails with the one that it shows instead. */
export async function shows(page: Page | Frame, state: string): Promise<void> {
  const line = page.locator("#state");
  await line.filter({ hasText: /./ }).waitFor({ timeout: 30_000 });
  const wanted = line.filter({ hasText: state });
  await wanted.waitFor({ timeout: 10_000 }).catch(() => undefined);
  assert.equal(await line.textContent(), state);
}
