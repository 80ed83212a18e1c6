// The demo's plug: pulled by the page itself, and, at the same points, by a SIGKILL of its renderer. The page that comes
// after tells what it found, finishes the deletion, and has lost nothing else.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Browser } from "./browser.js";
import { dieWhenItHears, keepNote, pretendToPull, putNoteBack } from "./demo-in-page.js";
import { Demo } from "./demo-page.js";
import { demoSite, shot } from "./demo-site.js";

const THREADS = 2000;
/** The sample with the thread that the tree hangs under, and the item that announces the deletion. */
const OTHERS = "9/177";

const site = demoSite();

describe("the plug", () => {
  it("is pulled in the middle of deleting 2,000 threads, and the reloaded page ends that", () =>
    site.inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      const tree = await demo.tree();
      await demo.button("Pull the plug").click();
      await shot(demo, "plug");
      await demo.button("Pull the plug").last().click();
      await demo.page
        .locator("[data-plug=growing]")
        .getByText(/^Made [\d,]+ of 2,000/)
        .waitFor();
      await shot(demo, "plug-growing");
      await demo.page.locator("[data-recovery]").waitFor({ timeout: 60_000 });
      await shot(demo, "plug-found");
      await demo.page.getByText("The plug was pulled").waitFor();
      const found = await recovered(demo);
      assert.ok(found.erased > 0, "some of it was erased before");
      await shot(demo, "plug-recovered");
      await demo.button("Close").last().click();
      await demo.expectTree(["The mill", ...tree]);
      await demo.row("The mill").click();
      await demo.page.locator(".items").getByText("2,000 threads erased, nothing").waitFor();

      await demo.page.reload();
      await demo.expectFigure("threads", "9");
      await demo.page.waitForTimeout(500);
      assert.equal(await demo.page.getByRole("dialog").count(), 0, "it is told once");
      demo.expectCalm();
    }));

  it("tells of a crash that came after the last byte, too", () =>
    site.inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.page.addInitScript(keepNote);
      await demo.loadSample();
      await demo.button("Pull the plug").click();
      await demo.button("Pull the plug").last().click();
      await recovered(demo);
      await demo.page.evaluate(putNoteBack);
      await demo.page.reload();
      const { erased } = await recovered(demo, "9/178", /^thread_(deleted|not_found)$/);
      assert.equal(erased, THREADS);
    }));

  it("is no crash while the page that pulls it lives, and the deletion that was not decided leaves all", () =>
    site.inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      const root = await demo.row("Slow query on departures").getAttribute("data-thread");
      await demo.page.evaluate(pretendToPull, { root, threads: 1, items: 20 });
      const other = await Demo.open(context, site.url);
      await other.page.waitForTimeout(4000);
      assert.equal(await other.page.getByRole("dialog").count(), 0);
      await demo.page.close();
      await other.page.reload();
      await other.page.getByText("The deletion was not decided yet: all 1 thread").waitFor();
      await other.page.locator("[data-recovery=ended]").waitFor();
      await other.page.locator("[data-others='7/156']").waitFor();
      await other.expectFigure("threads", "8");
    }));
});

/** What the page has heard of its worker when its renderer is killed, and on which backend. */
const KILLS = [
  { heard: "grown", backend: "leveldb" },
  { heard: "committed", backend: "leveldb" },
  { heard: "erasing", backend: "leveldb" },
  { heard: "erasing", backend: "sqlite" },
] as const;

describe("a SIGKILL of the renderer", () => {
  for (const { heard, backend } of KILLS) {
    it(`on ${backend} when it has heard "${heard}" loses nothing, and the next page ends the deletion`, async (t) => {
      const browser = await Browser.start(backend);
      t.after(() => browser.stop());
      const demo = await Demo.open(browser.context, site.url);
      await demo.loadSample();

      const kill = await browser.doom(demo.page);
      const killed = new Promise<void>((resolve, reject) => {
        const die = () => void kill().then(resolve, reject);
        demo.page.exposeFunction("timeToDie", die).catch(reject);
      });
      await demo.page.evaluate(dieWhenItHears, heard);
      await demo.button("Pull the plug").click();
      await demo.button("Pull the plug").last().click();
      await killed;
      await demo.page.close();

      const next = await Demo.open(browser.context, site.url);
      await next.page.getByText("The page died without a word").waitFor();
      if (heard === "grown") {
        await next.page.getByText("The deletion was not decided yet").waitFor();
        await next.page.locator("[data-recovery=ended]").waitFor({ timeout: 20_000 });
        assert.equal(await next.page.locator("[data-receipt]").count(), 0);
        await next.expectFigure("threads", "2,009");
        await next.button("Close").last().click();
        await next.row("Two thousand threads").click();
        await next.page.keyboard.press("Delete");
        await next.button("Delete 2,000 threads").click();
        await next.page.getByText("Erased 2,000 threads").waitFor({ timeout: 60_000 });
      } else {
        const { erased } = await recovered(next);
        t.diagnostic(`${erased} of ${THREADS} threads were erased`);
        await shot(next, `plug-killed-${backend}-${heard}`);
      }
      await next.expectFigure("threads", "9");
      assert.equal(await browser.backend(), backend);
      next.expectCalm();
    });
  }
});

/** Waits for the end of the story and reads it: all is erased, sound, and nothing else is lost. */
async function recovered(
  demo: Demo,
  others = OTHERS,
  answer = /^thread_deleted$/,
): Promise<{ erased: number }> {
  await demo.page.locator("[data-recovery=ended]").waitFor({ timeout: 60_000 });
  await demo.page.getByText("The doctor finds the store sound").waitFor();
  const read = (name: string) => demo.page.locator(`[data-${name}]`).getAttribute(`data-${name}`);
  const erased = Number(await read("found"));
  assert.ok(erased <= THREADS, `${erased} were erased`);
  assert.equal(await read("receipt"), String(THREADS));
  await demo.page.getByText("The receipt: 2,000 threads, 4,000 items").waitFor();
  await demo.page.locator("code", { hasText: answer }).waitFor();
  assert.equal(await read("others"), others);
  return { erased };
}
