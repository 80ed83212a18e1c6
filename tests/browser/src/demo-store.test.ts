// What the demo says of the store as a whole: the doctor's verdict, the journal, the browser's space, another tab.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cutBack, damage } from "./demo-in-page.js";
import { Demo, until } from "./demo-page.js";
import { demoSite, shot } from "./demo-site.js";
import { installedPackage } from "./places.js";

const site = demoSite();
const { inNewProfile } = site;

describe("the doctor", () => {
  it("finds a store sound, also an empty one and one with a deletion that can be undone", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      const verdict = demo.page.locator("[data-verdict]");
      await demo.button("Doctor").click();
      await verdict.getByText("The store is sound.").waitFor();
      await demo.page.getByText(/^0 threads, 0 items/).waitFor();
      await demo.button("Close").last().click();

      await demo.loadSample();
      await demo.page.keyboard.press("d");
      await verdict.getByText("The store is sound.").waitFor();
      await demo.page
        .getByText(/^8 threads, 176 items, [\d.]+ KB in \d+ records, read in/)
        .waitFor();
      await shot(demo, "doctor-sound");
      await demo.page.keyboard.press("Escape");

      await demo.row("Slow query on departures").click();
      await demo.button("Delete").click();
      await demo.button("Delete 1 thread").click();
      await demo.slip.waitFor();
      await demo.button("Doctor").click();
      await verdict.getByText("The store is sound.").waitFor();
      assert.equal(await verdict.getAttribute("data-verdict"), "0");
      demo.expectCalm();
    }));

  it("names what is wrong by its code, changes nothing, and finds it sound when it is mended", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      const harm = await demo.page.evaluateHandle(damage);
      await demo.button("Doctor").click();
      await demo.page.getByText(/^Found \d+ problems?\.$/).waitFor();
      const codes = () =>
        demo.page
          .locator("[data-finding]")
          .evaluateAll((all) => [...new Set(all.map((it) => it.getAttribute("data-finding")))]);
      assert.deepEqual((await codes()).sort(), ["entry_unreadable", "stray_key"]);
      await demo.page.getByText("history/nonsense").waitFor();
      await shot(demo, "doctor-findings");
      await demo.button("Check again").click();
      await demo.page.getByText(/^Found \d+ problems?\.$/).waitFor();
      assert.deepEqual((await codes()).sort(), ["entry_unreadable", "stray_key"]);

      await harm.evaluate((it) => it.undo());
      await demo.button("Check again").click();
      await demo.page.getByText("The store is sound.").waitFor();
      assert.equal(await demo.page.locator("[data-finding]").count(), 0);
    }));
});

describe("another program on the same store", () => {
  it("cuts a history back and goes on, and the demo shows no item that is gone", () =>
    inNewProfile(
      async (context) => {
        const demo = await Demo.open(context, site.url);
        await demo.loadSample();
        await demo.row("Slow query on departures").click();
        const items = demo.page.locator(".items");
        await items.getByText("58 MB and is built without a lock").waitFor();
        const id = await demo.row("Slow query on departures").getAttribute("data-thread");

        const program = await context.newPage();
        await program.route("**/package/**", (route) => {
          const [, path = ""] = new URL(route.request().url()).pathname.split("/package/");
          return route.fulfill({ path: join(installedPackage(), path) });
        });
        await program.goto(`${site.url}favicon.svg`);
        await program.evaluate(cutBack, { id: id ?? "", length: 6, text: "Another way, then." });
        await items.getByText("Another way, then.").waitFor();
        await items.getByText("58 MB and is built without a lock").waitFor({ state: "hidden" });
        await demo.page.locator(".facts").getByText("7 items", { exact: true }).waitFor();
        demo.expectCalm();
      },
      // It would answer for the package, which is no part of the demo.
      { serviceWorkers: "block" },
    ));
});

describe("the strip", () => {
  it("opens the same thread in a second tab, and both follow each other", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      await demo.row("Slow query on departures").click();
      const opened = context.waitForEvent("page");
      await demo.page.getByRole("link", { name: "Second tab" }).click();
      const second = new Demo(await opened);
      await second.page.getByRole("button", { name: "Slow query on departures" }).waitFor();
      await second.page.getByRole("textbox", { name: "Message" }).fill("From the second tab.");
      await second.button("Append the message").click();
      await demo.page.locator(".items").getByText("From the second tab.").waitFor();
      second.expectCalm();
    }));

  it("shows the journal growing, and the browser's space", () =>
    inNewProfile(async (context) => {
      const demo = await Demo.open(context, site.url);
      const entries = async () => Number.parseInt(await demo.figure("journal"), 10);
      const before = await entries();
      await demo.button("New thread").first().click();
      await until(async () => assert.ok((await entries()) > before));
      assert.match(await demo.figure("journal"), /^\d+ · [\d.]+ (B|KB)$/);
      const size = "[\\d.]+ (B|KB|MB|GB|TB)";
      await until(async () =>
        assert.match(await demo.figure("space"), new RegExp(`^${size} of ${size}$`)),
      );
      assert.doesNotMatch(await demo.figure("space"), / of 0 B$/);
    }));
});
