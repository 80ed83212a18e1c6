// The demo for everyone: axe finds nothing in any of its states, light and dark; nothing is wider than a small screen,
// and nothing jumps.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import type { AxeResults } from "axe-core";
import { fillTheDisk, recordShifts } from "./demo-in-page.js";
import { Demo } from "./demo-page.js";
import { demoSite, shot } from "./demo-site.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const site = demoSite();
const { inNewProfile } = site;

const back = async (demo: Demo) => {
  const button = demo.button("Back to the threads");
  if (await button.isVisible()) await button.click();
};
const openDialog = async (demo: Demo, key: string) => {
  await demo.page.keyboard.press(key);
  await demo.page.getByRole("dialog").waitFor();
};

/** Each leads from the state before it. */
const STATES: Record<string, (demo: Demo) => Promise<void>> = {
  empty: (demo) => demo.page.getByText("The rack is empty.").waitFor(),
  "import dialog": (demo) => openDialog(demo, "o"),
  "import report": async (demo) => {
    await demo.page.getByRole("dialog").getByText("Load the sample").click();
    await demo.button("Read them").waitFor();
  },
  thread: async (demo) => {
    await demo.button("Read them").click();
    await demo.page.locator(".message").first().waitFor();
  },
  tree: back,
  search: (demo) => demo.page.getByLabel("Search threads").fill("pier"),
  "search without a hit": async (demo) => {
    await demo.page.getByLabel("Search threads").fill("nowhere");
    await demo.page.getByText(/^No active thread has/).waitFor();
  },
  "archived thread": async (demo) => {
    await demo.page.getByLabel("Search threads").fill("");
    await demo.row("A name for the pier camera").click();
    await demo.page.getByRole("textbox", { name: "Message" }).waitFor();
    await demo.page.keyboard.press("e");
    await demo.page.getByText("Archived threads can be read, not written.").waitFor();
  },
  renaming: async (demo) => {
    await back(demo);
    await demo.button(/^Active/).click();
    await demo.row("Slow query on departures").click();
    await demo.page.getByRole("textbox", { name: "Message" }).waitFor();
    await demo.page.keyboard.press("r");
    await demo.page.getByLabel("Name of the thread").waitFor();
  },
  "help dialog": async (demo) => {
    await demo.page.keyboard.press("Escape");
    await demo.page.locator("#tree, .items").locator("visible=true").first().focus();
    await openDialog(demo, "?");
  },
  "doctor dialog": async (demo) => {
    await demo.page.keyboard.press("Escape");
    await openDialog(demo, "d");
    await demo.page.locator("[data-verdict]").waitFor();
  },
  "delete dialog": async (demo) => {
    await demo.page.keyboard.press("Escape");
    await openDialog(demo, "Delete");
    await demo.page.locator("[data-plan]").waitFor();
  },
  "time to undo": async (demo) => {
    await demo.button("Delete 1 thread").click();
    await demo.slip.waitFor();
  },
  "no such thread": async (demo) => {
    await demo.page.goto(`${site.url}#/thread/01957f10-0000-7000-8000-00000000ffff`);
    await demo.page.getByText("There is no such thread.").waitFor();
  },
  benchmark: async (demo) => {
    await back(demo);
    await demo.button("Benchmark").click();
    await demo.button("Measure").click();
    await demo.button("Measure again").waitFor({ timeout: 180_000 });
  },
  "plug dialog": async (demo) => {
    await demo.page.keyboard.press("Escape");
    await back(demo);
    await demo.button("Pull the plug").click();
    await demo.page.getByRole("dialog").waitFor();
  },
  "after the crash": async (demo) => {
    await demo.button("Pull the plug").last().click();
    await demo.page.locator("[data-recovery=ended]").waitFor({ timeout: 60_000 });
  },
  "failed for want of space": async (demo) => {
    await demo.page.keyboard.press("Escape");
    const disk = await demo.page.evaluateHandle(fillTheDisk);
    await demo.button("New thread").first().click();
    await demo.page.getByRole("alert").getByText("quota_exceeded").waitFor();
    await disk.evaluate((it) => it.free());
  },
};

describe("axe", () => {
  for (const look of ["light", "dark"] as const) {
    for (const width of [1360, 360]) {
      it(`finds nothing in any state, ${look} at ${width} px, and nothing is too wide`, () =>
        inNewProfile(
          async (context) => {
            const demo = await Demo.open(context, site.url);
            const found: string[] = [];
            for (const [name, reach] of Object.entries(STATES)) {
              await reach(demo);
              found.push(...(await violations(demo)).map((it) => `${name}: ${it}`));
              const wide = await demo.page.evaluate(
                () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
              );
              if (wide > 0) found.push(`${name}: it is ${wide} px too wide`);
              await shot(demo, `${look}-${width}-${name.replaceAll(" ", "-")}`);
            }
            assert.deepEqual(found, []);
          },
          {
            colorScheme: look,
            viewport: { width, height: 780 },
            // A toast is judged as it stays, not while it fades in.
            reducedMotion: "reduce",
          },
        ));
    }
  }

  it("finds a button without a name", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.page.evaluate(() =>
        document.querySelector("main")?.append(document.createElement("button")),
      );
      assert.match((await violations(demo)).join(), /^button-name/);
    }));
});

describe("the layout", () => {
  for (const width of [1360, 360]) {
    it(`does not jump while the page opens, deletes and is told so, at ${width} px`, () =>
      inNewProfile(
        async (context) => {
          const first = await Demo.open(context, site.url);
          await first.loadSample();
          await first.page.close();
          const page = await context.newPage();
          await page.addInitScript(`globalThis.shifts = (${recordShifts})()`);
          const demo = new Demo(page);
          await page.goto(site.url);
          await demo.row("Slow query on departures").waitFor();
          await page.waitForTimeout(400);
          await demo.row("Slow query on departures").click();
          await demo.page.getByRole("textbox", { name: "Message" }).waitFor();
          await page.waitForTimeout(700);
          await demo.page.keyboard.press("Delete");
          await demo.button("Delete 1 thread").click();
          await demo.slip.waitFor();
          await page.waitForTimeout(700);
          await page.keyboard.press("d");
          await page.locator("[data-verdict]").waitFor();
          await page.waitForTimeout(300);
          const sum = await page.evaluate("shifts.sum()");
          assert.ok(Number(sum) < 0.01, `it jumped by ${sum}`);
        },
        { viewport: { width, height: 780 } },
      ));
  }
});

async function violations(demo: Demo): Promise<string[]> {
  if (!(await demo.page.evaluate("'axe' in globalThis"))) {
    await demo.page.addScriptTag({ path: AXE });
  }
  const results = await demo.page.evaluate<AxeResults>("axe.run()");
  return results.violations.map(({ id, nodes: [first, ...others] }) => {
    const more = others.length > 0 ? `, and ${others.length} more` : "";
    return `${id}: ${first?.target}${more}. ${first?.failureSummary}`;
  });
}
