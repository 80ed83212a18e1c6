// Exports and the benchmark of the demo: files that come back whole, figures for every contender.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import type { Page } from "playwright-core";
import { Demo } from "./demo-page.js";
import { demoSite, shot } from "./demo-site.js";

const site = demoSite();
const { inNewProfile } = site;

describe("an export", () => {
  it("of everything is opened in another profile as it was", async () => {
    let saved: { name: string; text: string } | undefined;
    let tree: string[] = [];
    await inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      tree = await demo.tree();
      saved = await download(demo.page, () => demo.button("Export").last().click());
      demo.expectCalm();
    });
    assert.equal(saved?.name, "creel.jsonl");
    const file = saved;
    await inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.openSessions([file]);
      assert.equal(await demo.report(), "8/176");
      await demo.button("Read them").click();
      await demo.expectTree(tree);
      demo.expectCalm();
    });
  });

  it("of one thread has all below it and its name, and is left out where the thread is", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      await demo.row("Reproducer").click();
      await demo.page.getByRole("textbox", { name: "Message" }).waitFor();
      await demo.page.locator("#tree").focus();
      const saved = await download(demo.page, () => demo.page.keyboard.press("x"));
      assert.equal(saved.name, "Reproducer.jsonl");
      const threads = saved.text.split("\n").filter((line) => line.startsWith('{"thread":'));
      assert.equal(threads.length, 4);
      await demo.openSessions([saved]);
      assert.equal(await demo.report(), "0/0");
      await demo.page.locator(".bad-lines li").getByText("Reproducer.jsonl").waitFor();
      await demo.expectFigure("threads", "8");
    }));
});

describe("the benchmark", () => {
  it("shows times of each contender and leaves no database behind", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.button("Benchmark").click();
      await demo.button("Measure").click();
      await demo.button("Measure again").waitFor({ timeout: 180_000 });
      const rows = await demo.page
        .locator("[data-measure] tr")
        .evaluateAll((all) => all.map((row) => (row as HTMLElement).innerText));
      assert.equal(rows.length, 15);
      for (const row of rows) {
        assert.match(row, /^(Creel|IndexedDB by hand|Dexie)\s+\d+(\.\d+)? ms$/);
        assert.doesNotMatch(row, /\s0\.00 ms$/);
      }
      await shot(demo, "benchmark");
      await demo.page.keyboard.press("Escape");
      await demo.expectFigure("threads", "0");
      const databases = await demo.page.evaluate(async () => (await indexedDB.databases()).length);
      assert.equal(databases, 1);
      demo.expectCalm();
    }));

  it("stops and cleans up when it is closed", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.button("Benchmark").click();
      await demo.button("Measure").click();
      await demo.page.getByText("Measuring").waitFor({ timeout: 60_000 });
      await demo.page.keyboard.press("Escape");
      await demo.page.waitForFunction(
        async () => (await indexedDB.databases()).length === 1,
        undefined,
        { timeout: 30_000 },
      );
      demo.expectCalm();
    }));
});

async function download(
  page: Page,
  act: () => Promise<void>,
): Promise<{ name: string; text: string }> {
  const [saved] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: saved.suggestedFilename(), text: await readFile(await saved.path(), "utf8") };
}
