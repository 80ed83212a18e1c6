// Deleting in the demo: the time to undo it, the erasing that follows, and what other tabs and a reload see of both.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BrowserContext } from "playwright-core";
import { fillTheDisk, recordTexts } from "./demo-in-page.js";
import { Demo, until } from "./demo-page.js";
import { demoSite, shot } from "./demo-site.js";

const site = demoSite();
const { inNewProfile } = site;

const ROOT = "The ferries leave an hour early";
const FIGURES = ["threads", "items", "size"];

describe("a deletion", () => {
  it("is undone in another tab after a reload, and the tree is back exactly", () =>
    inNewProfile(async (context) => {
      const demo = await withSample(context);
      const other = await Demo.open(context, site.url);
      const before = await state(demo);
      await deleteRoot(demo);
      await demo.slip.getByText("Deleted 6 threads").waitFor();
      await demo.page
        .getByRole("status")
        .getByText(`Deleted ${ROOT}: 6 threads. Press U`)
        .waitFor();
      await until(async () => assert.equal((await demo.tree()).length, 2));
      await demo.expectFigure("threads", "2");
      assert.equal(await demo.page.evaluate(() => document.activeElement?.id), "tree");
      const seconds = () => demo.slip.locator(".countdown").innerText().then(Number.parseFloat);
      const first = await seconds();
      assert.ok(first > 5 && first <= 10, `${first} s are left`);
      await shot(demo, "undo");

      await demo.page.reload();
      await demo.slip.getByText(ROOT).waitFor();
      await until(async () => assert.ok((await seconds()) < first, "it counts down"));
      await other.button("Undo").focus();
      await other.page.keyboard.press("Enter");
      await demo.page.getByText("Back again: 6 threads").or(demo.row(ROOT)).first().waitFor();
      for (const tab of [demo, other]) {
        await until(async () => assert.deepEqual(await state(tab), before));
        assert.equal(await tab.slip.count(), 0);
      }
      await other.page.locator(".message").first().waitFor();
      await demo.page.waitForTimeout(10_500);
      assert.deepEqual(await state(demo), before, "its time does not end later");
      demo.expectCalm();
      other.expectCalm();
    }));

  it("is undone by the key U", () =>
    inNewProfile(async (context) => {
      const demo = await withSample(context);
      const before = await state(demo);
      await deleteRoot(demo);
      await demo.slip.waitFor();
      await demo.page.keyboard.press("u");
      await until(async () => assert.deepEqual(await state(demo), before));
      await demo.page.getByRole("button", { name: ROOT }).waitFor();
    }));

  it("that leaves the sub-agents gives them their parent back when it is undone", () =>
    inNewProfile(async (context) => {
      const demo = await withSample(context);
      const other = await Demo.open(context, site.url);
      const before = await state(demo);
      await demo.row(ROOT).click();
      await demo.button("Delete").click();
      await demo.page.getByLabel("stay, as threads of their own").check();
      await demo.button("Delete 1 thread").click();
      await demo.slip.getByText("Deleted 1 thread").waitFor();
      await until(async () => {
        for (const tab of [demo, other]) {
          const tree = await tab.tree();
          assert.ok(tree.includes("Log reader") && tree.includes("Reproducer"), tree.join("\n"));
          assert.equal(tree.includes(ROOT), false);
        }
      });
      await demo.button("Undo").click();
      for (const tab of [demo, other]) {
        await until(async () => assert.deepEqual(await state(tab), before));
      }
    }));

  it("is carried out when its time is over, though its tab is gone", () =>
    inNewProfile(async (context) => {
      const demo = await withSample(context);
      const other = await Demo.open(context, site.url);
      await deleteRoot(demo);
      await other.slip.getByText(ROOT).waitFor();
      await demo.page.close();
      await other.page.getByText("Erased 6 threads").waitFor({ timeout: 15_000 });
      assert.equal(await other.slip.count(), 0);
      assert.equal(await other.button("Undo").count(), 0);
      await other.page.reload();
      await other.expectFigure("threads", "2");
      assert.equal((await other.tree()).length, 2);
      other.expectCalm();
    }));

  // A tree that goes with its root is erased as one range; the threads below one that stays go in batches.
  it("of a thousand threads below one that stays shows how far its erasing is", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.openSessions(bigTree(1000));
      assert.equal(await demo.report(), "1001/2002");
      await demo.button("Read them").click();
      await demo.row("Spinner 1").click();
      await demo.button("Delete").click();
      await demo.button("Delete 1,000 threads").click();
      await demo.slip.getByText("Deleted 1,000 threads").waitFor();
      const texts = await demo.page.evaluateHandle(recordTexts, "[data-slip]");
      await demo.page.getByText("Erased 1,000 threads").waitFor({ timeout: 20_000 });
      const seen = await texts.evaluate((recording) => recording.all());
      const erased = seen.flatMap((text) => /^(\d+) of 1,000 threads$/.exec(text)?.[1] ?? []);
      for (const batch of ["256", "512", "768"]) {
        assert.ok(erased.includes(batch), `it was seen as ${seen.join("; ")}`);
      }
      await demo.expectTree(["The mill"]);
    }));

  it("that can't be erased says why, and ends when it can", () =>
    inNewProfile(async (context) => {
      const demo = await withSample(context);
      await deleteRoot(demo);
      await demo.slip.waitFor();
      const disk = await demo.page.evaluateHandle(fillTheDisk);
      await demo.slip
        .getByText(/Failed \d+ times?, and is tried again/)
        .waitFor({ timeout: 15_000 });
      await shot(demo, "erasing-failed");
      await disk.evaluate((it) => it.free());
      await demo.page.getByText("Erased 6 threads").waitFor({ timeout: 15_000 });
      assert.equal(await demo.slip.count(), 0);
    }));
});

async function withSample(context: BrowserContext): Promise<Demo> {
  const demo = await Demo.open(context, site.url);
  await demo.loadSample();
  return demo;
}

async function deleteRoot(demo: Demo): Promise<void> {
  await demo.row(ROOT).click();
  await demo.button("Delete").click();
  await demo.button("Delete 6 threads").click();
}

/** The tree with the number of items of each thread, and the figures of the store. */
async function state(demo: Demo) {
  const figures = await Promise.all(FIGURES.map((name) => demo.figure(name)));
  const labels = await demo.rows.evaluateAll((rows) => rows.map((row) => row.textContent).sort());
  return { tree: await demo.tree(), labels, figures };
}

/** Sessions of a root with one child, which has all the others below it. */
function bigTree(below: number): { name: string; text: string }[] {
  const id = (n: number) => `01957f10-0000-7000-8000-${String(n).padStart(12, "0")}`;
  return Array.from({ length: below + 1 }, (_, n) => {
    const at = new Date(Date.parse("2026-05-06T00:00:00Z") + n * 1000).toISOString();
    const parent = { parent_thread_id: id(Math.min(1, n - 1)), agent_nickname: `Spinner ${n}` };
    const source = n === 0 ? "cli" : { subagent: { thread_spawn: { ...parent, depth: 1 } } };
    const text = n === 0 ? "The mill" : `Work on part ${n}.`;
    const lines = [
      { type: "session_meta", payload: { id: id(n), session_id: id(0), cwd: "/", source } },
      {
        type: "response_item",
        payload: { type: "message", role: "user", content: [{ type: "input_text", text }] },
      },
    ];
    return {
      name: `rollout-${at.slice(0, 19).replaceAll(":", "-")}-${id(n)}.jsonl`,
      text: lines.map((line) => JSON.stringify({ timestamp: at, ...line })).join("\n"),
    };
  });
}
