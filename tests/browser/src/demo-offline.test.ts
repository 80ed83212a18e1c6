// The built demo on a static host below a path of its own: it asks for nothing beside that path, and once it was open,
// it opens without any host, with all it can do.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Demo, until } from "./demo-page.js";
import { demoSite, shot } from "./demo-site.js";

describe("the demo below a path of a static host", () => {
  const site = demoSite("/people/someone/creel/");

  it("works, and asks for nothing beside its path", () =>
    site.inNewProfile(async (context) => {
      const beside: string[] = [];
      context.on("request", (request) => {
        const { pathname } = new URL(request.url());
        if (!pathname.startsWith("/people/someone/creel/")) beside.push(pathname);
      });
      const failed: string[] = [];
      context.on("response", (response) => {
        if (!response.ok()) failed.push(`${response.status()} ${response.url()}`);
      });
      const demo = await Demo.open(context, site.url);
      await demo.loadSample();
      await demo.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await demo.row("Slow query on departures").click();
      await demo.page.getByRole("button", { name: "Slow query on departures" }).waitFor();
      await demo.page.reload();
      await demo.page.getByRole("button", { name: "Slow query on departures" }).waitFor();
      assert.deepEqual([beside, failed], [[], []]);
      demo.expectCalm();
    }));

  it("opens when the host is gone, and imports, writes, deletes and survives the plug", () =>
    site.inNewProfile(async (context) => {
      const first = await Demo.open(context, site.url);
      await first.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await until(async () =>
        assert.ok(await first.page.evaluate(() => navigator.serviceWorker.controller !== null)),
      );
      await first.page.close();
      await site.stopHost();

      const demo = await Demo.open(context, `${site.url}?from=a-link#/`);
      await demo.loadSample();
      await demo.page.getByRole("textbox", { name: "Message" }).fill("Nobody is out there.");
      await demo.button("Append the message").click();
      await demo.page.locator(".items").getByText("Nobody is out there.").waitFor();
      await shot(demo, "offline");
      await demo.row("Slow query on departures").click();
      await demo.button("Delete").click();
      await demo.button("Delete 1 thread").click();
      await demo.expectFigure("threads", "7");
      await demo.button("Pull the plug").click();
      await demo.button("Pull the plug").last().click();
      await demo.page.locator("[data-recovery=ended]").waitFor({ timeout: 60_000 });
      await demo.page.getByText("The doctor finds the store sound").waitFor();
      demo.expectCalm();
    }));
});
