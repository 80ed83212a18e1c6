// The demo as a person uses it, in a real Chromium: built from the packed package, served as static files.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fillTheDisk, recordFrames, recordShifts } from "./demo-in-page.js";
import { Demo, until } from "./demo-page.js";
import { demoSite, HERE, REPOSITORY, shot } from "./demo-site.js";

const SAMPLES = join(REPOSITORY, "../shared/samples/codex-home");

const HOMES = [
  {
    of: "the fixture",
    folder: join(HERE, "fixtures/codex-home"),
    tree: [
      "The dry well",
      ". Digger",
      ". Listener",
      ". . Plumber",
      ". . . Valve maker",
      ". . Neighbour",
    ],
    others: ["Garden plan"],
    archived: ["Repair the gate."],
    badLines: 1,
  },
  {
    of: "the samples",
    folder: SAMPLES,
    tree: [
      "Red main",
      ". Log reader",
      ". . Counter",
      ". . . Reproducer",
      ". . Lock hunter",
      ". Bisector",
    ],
    others: ["Reading notes"],
    archived: ["Release notes 2.3"],
    badLines: 0,
  },
];

const site = demoSite();
const { inNewProfile } = site;

describe("a folder of sessions", () => {
  for (const home of HOMES) {
    const there = existsSync(home.folder);
    if (!there) console.log(`skipped: ${home.of}, there is no ${home.folder}`);
    it(
      `of ${home.of} is shown, deleted, reloaded and followed by another tab`,
      { skip: !there },
      () =>
        inNewProfile(async (context) => {
          const other = await Demo.open(context, site.url);
          await shot(other, "empty");
          const demo = await Demo.open(context, site.url);
          await demo.openSessions(home.folder);
          assert.match((await demo.report()) ?? "", /^8\//);
          assert.equal(await demo.page.locator(".bad-lines li").count(), home.badLines);
          await shot(demo, "import");
          await demo.button("Read them").click();

          await demo.page.getByLabel("Order").selectOption("createdAt");
          await demo.expectTree([...home.others, ...home.tree]);
          await demo.button(/^Archived/).click();
          await demo.expectTree(home.archived);
          await demo.button(/^Active/).click();

          const [root = ""] = home.tree;
          await demo.row(root).click();
          await demo.button("Spawn").waitFor();
          await shot(demo, "thread");
          await other.page.getByLabel("Order").selectOption("createdAt");
          await other.expectTree([...home.others, ...home.tree]);
          await other.row(root).click();

          await demo.button("Delete").click();
          const sum = demo.page.locator("[data-plan]");
          assert.match((await sum.getAttribute("data-plan")) ?? "", /^6\//);
          assert.match(await sum.innerText(), /^6 threads, \d+ items, [\d.]+ KB$/);
          assert.equal(await demo.page.locator(".members li").count(), 6);
          await shot(demo, "delete");
          await demo.button("Delete 6 threads").click();
          await demo.page.getByText("Deleted 6 threads").waitFor();

          await demo.expectTree(home.others);
          await other.expectTree(home.others);
          await other.page.getByText("This thread was deleted.").waitFor();
          await other.page.getByText("thread_deleted").waitFor();
          await demo.expectFigure("threads", "2");

          await demo.page.reload();
          await demo.expectTree(home.others);
          await demo.expectFigure("threads", "2");
          demo.expectCalm();
          other.expectCalm();
        }),
    );
  }

  it("that was deleted is not brought back by opening it again", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      const { folder = "", tree = [] } = HOMES[0] ?? {};
      await demo.openSessions(folder);
      await demo.button("Read them").click();
      await demo.row(tree[0] ?? "").click();
      await demo.button("Delete").click();
      await demo.button("Delete 6 threads").click();
      await demo.page.getByText("Deleted 6 threads").waitFor();
      await demo.openSessions(folder);
      assert.equal(await demo.report(), "0/0");
      await demo.page.getByText("6 threads").first().waitFor();
      await demo.button("Read them").click();
      await demo.expectFigure("threads", "2");
    }));
});

describe("a long thread", () => {
  const ITEMS = 10_000;

  it("scrolls with a bounded page and a bounded memory", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.openSessions([
        { name: `rollout-2026-05-06T00-00-00-${LONG}.jsonl`, text: longRollout(ITEMS) },
      ]);
      assert.equal(await demo.report(), `1/${ITEMS}`);
      await demo.button("Read them").click();
      await demo.page.getByText(`Line ${ITEMS - 1}.`).waitFor();

      const items = demo.page.locator(".items");
      const bounded = async () => {
        assert.ok((await demo.page.locator(".item").count()) < 80, "the page holds few rows");
        assert.ok(Number(await items.getAttribute("data-held")) <= 2000, "memory holds few items");
      };
      await bounded();
      await items.hover();
      const frames = await demo.page.evaluateHandle(recordFrames);
      for (let step = 0; step < 60; step += 1) {
        await demo.page.mouse.wheel(0, -900);
        await demo.page.waitForTimeout(16);
      }
      const times = await frames.evaluate((recording) => recording.stop());
      console.log(
        `scrolling 54,000 px of ${ITEMS} items: ${times.length} frames, median ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms`,
      );
      await bounded();
      for (const share of [0.75, 0.5, 0.25, 0]) {
        await items.evaluate((element, part) => {
          element.scrollTop = element.scrollHeight * part;
        }, share);
        await until(async () => {
          assert.equal(
            await demo.page.locator(".unread").count(),
            0,
            "every row in sight is loaded",
          );
          assert.ok((await demo.page.locator(".item").count()) > 5);
        });
        await bounded();
      }
      await demo.page.locator(".items").getByText("Line 1.", { exact: true }).waitFor();
      await shot(demo, "long");
      demo.expectCalm();
    }));
});

describe("the keyboard alone", () => {
  it("makes, names, writes, spawns, moves, archives and deletes", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      const keys = demo.page.keyboard;
      await keys.press("n");
      await demo.page.getByLabel("Name of the thread").waitFor();
      await keys.type("Warp");
      await keys.press("Enter");
      await demo.expectTree(["Warp"]);
      await keys.type("Set up the loom");
      await keys.press("Enter");
      await demo.page.locator(".items").getByText("Set up the loom").waitFor();
      await keys.press("Escape");
      assert.equal(await demo.page.evaluate(() => document.activeElement?.id), "tree");
      await keys.press("s");
      await demo.page.getByLabel("Name of the thread").waitFor();
      await keys.type("Weft");
      await keys.press("Enter");
      await demo.expectTree(["Warp", ". Weft"]);

      await keys.press("Escape");
      await keys.press("ArrowUp");
      await keys.press("ArrowLeft");
      await demo.expectTree(["Warp"]);
      await keys.press("ArrowRight");
      await demo.expectTree(["Warp", ". Weft"]);
      await keys.press("Enter");
      await demo.page.getByRole("button", { name: "Warp", exact: true }).waitFor();
      await shot(demo, "keyboard");

      await keys.press("e");
      await demo.page.getByText("Archived 2 threads").waitFor();
      await demo.page.getByText("Archived threads can be read, not written.").waitFor();
      await keys.press("e");
      await demo.page.getByText("Back from the archive: 2 threads").waitFor();
      await demo.page.getByRole("textbox", { name: "Message" }).waitFor();
      await keys.press("F2");
      await demo.page.getByLabel("Name of the thread").waitFor();
      await keys.type("Cloth");
      await keys.press("Enter");
      await demo.expectTree(["Cloth", ". Weft"]);
      await keys.press("Escape");
      await keys.press("?");
      await demo.page.getByRole("dialog").getByText("Move through the tree").waitFor();
      await shot(demo, "help");
      await keys.press("Escape");
      await keys.press("Delete");
      await demo.button("Delete 2 threads").waitFor();
      assert.equal(await demo.page.evaluate(() => document.activeElement?.textContent), "Keep");
      await keys.press("Tab");
      await keys.press("Enter");
      await demo.page.getByText("The rack is empty.").waitFor();
      demo.expectCalm();
    }));
});

describe("the page", () => {
  it("shows an agent at work in every tab, and does not jump while it does", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.button("Load the sample").first().click();
      await demo.button("Read them").click();
      const other = await Demo.open(context, demo.page.url());
      const before = Number((await demo.figure("items")).replace(",", ""));
      const shifts = await demo.page.evaluateHandle(recordShifts);
      await demo.button("Simulate an agent").click();
      await other.row("Historian").waitFor({ timeout: 30_000 });
      await other.page.getByText("First paint went from").waitFor({ timeout: 30_000 });
      await demo.button("Simulate an agent").waitFor({ timeout: 30_000 });
      assert.ok((await shifts.evaluate((recording) => recording.sum())) < 0.05);
      await until(async () => {
        assert.ok(Number((await other.figure("items")).replace(",", "")) > before + 15);
        assert.equal(await other.figure("items"), await demo.figure("items"));
      });
      await shot(demo, "agent");
      demo.expectCalm();
      other.expectCalm();
    }));

  it("opens without a network, with what was stored", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.button("Load the sample").first().click();
      await demo.button("Read them").click();
      await demo.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await demo.page.reload();
      await until(async () =>
        assert.ok(await demo.page.evaluate(() => navigator.serviceWorker.controller !== null)),
      );
      await context.setOffline(true);
      await demo.page.reload();
      await demo.page.getByRole("button", { name: "The ferries leave an hour early" }).waitFor();
      await demo.expectFigure("threads", "8");
      await context.setOffline(false);
    }));

  it("says when the browser gives no more space, keeps what was written, and goes on when it does", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.button("Load the sample").first().click();
      await demo.button("Read them").click();
      const items = await demo.figure("items");
      const message = demo.page.getByRole("textbox", { name: "Message" });
      await message.fill("There is no room for this.");
      const disk = await demo.page.evaluateHandle(fillTheDisk);
      await demo.button("Append the message").click();
      await demo.page.getByRole("alert").getByText("quota_exceeded").waitFor();
      await shot(demo, "quota");
      assert.equal(await message.inputValue(), "There is no room for this.");
      await demo.expectFigure("items", items);
      await disk.evaluate((it) => it.free());
      await demo.button("Append the message").click();
      await demo.expectFigure("items", String(Number(items) + 1));
      assert.equal(await message.inputValue(), "");
    }));

  it("says what is wrong with an address that leads nowhere", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(
        context,
        `${site.url}#/thread/01957f10-0000-7000-8000-00000000ffff`,
      );
      await demo.page.getByText("There is no such thread.").waitFor();
      await demo.page.getByText("thread_not_found").waitFor();
    }));

  for (const look of ["light", "dark"] as const) {
    for (const width of [1360, 390]) {
      it(`is seen ${look} at ${width} px`, () =>
        inNewProfile(
          async (context) => {
            const demo = await Demo.open(context, site.url);
            await shot(demo, `${look}-${width}-empty`);
            await demo.button("Load the sample").first().click();
            await demo.button("Read them").click();
            await demo.page.locator(".message").first().waitFor();
            await shot(demo, `${look}-${width}-thread`);
            const overflow = await demo.page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            assert.equal(overflow, 0, "nothing is wider than the window");
            if (width < 760) {
              await demo.button("Back to the threads").click();
              await demo.rows.first().waitFor();
              await shot(demo, `${look}-${width}-tree`);
            }
            demo.expectCalm();
          },
          { colorScheme: look, viewport: { width, height: 860 } },
        ));
    }
  }
});

const LONG = "01957f10-0000-7000-8000-0000000000aa";

function longRollout(items: number): string {
  const start = Date.parse("2026-05-06T00:00:00Z");
  const line = (index: number, type: string, payload: object) =>
    JSON.stringify({ timestamp: new Date(start + index * 1000).toISOString(), type, payload });
  const lines = [line(0, "session_meta", { id: LONG, session_id: LONG, cwd: "/", source: "cli" })];
  for (let index = 1; index < items; index += 1) {
    const text = `Line ${index}.${index % 7 === 0 ? "\n\nWith a second paragraph, so that heights differ." : ""}`;
    const role = index % 2 ? "user" : "assistant";
    lines.push(
      line(index, "response_item", {
        type: "message",
        role,
        content: [{ type: role === "user" ? "input_text" : "output_text", text }],
      }),
    );
  }
  return lines.join("\n");
}

const at = (values: number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]?.toFixed(1);
