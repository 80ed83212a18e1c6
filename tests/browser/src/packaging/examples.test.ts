/** The examples, built with the packed package as those would build them who start from them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { StaticServer } from "../server.js";
import { Project } from "./project.js";
import { Visitor } from "./visitor.js";

test("react: a thread with a helper grows, is deleted, and is brought back", async (t) => {
  const project = await Project.example("react");
  await project.build("dist");
  const server = await StaticServer.start({ "": join(project.directory, "dist") });
  t.after(() => server.stop());
  const visitor = await Visitor.start(t);
  const { page, complaints } = await visitor.open(server.address);
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const texts = () => page.locator("ol li").allTextContents();

  await button("New thread").click();
  for (const text of ["CI is red", "look again"]) {
    await page.getByLabel("Message").fill(text);
    await button("Send").click();
    await page.locator("ol li", { hasText: text }).waitFor();
  }
  await button("Spawn a helper").click();
  await button("helper (0)").waitFor();
  await page.reload();
  await button("A task (2)").click();
  await page.locator("ol li", { hasText: "look again" }).waitFor();
  assert.deepEqual(await texts(), ["CI is red", "look again"]);

  await button("Delete it with all below").click();
  await button("helper (0)").waitFor({ state: "detached" });
  assert.equal(await page.locator("ul li").count(), 0);
  await button("Undo the deletion").click();
  await button("helper (0)").waitFor();
  assert.equal(await page.locator("ul li").count(), 2);
  assert.deepEqual(complaints, []);
});

test("electron: the page of a window lists the threads of a store elsewhere, and follows them", async (t) => {
  const project = await Project.example("electron");
  await project.build("dist");
  // In place of the main process, a page that keeps the store and gives out ports.
  const owner = `<link rel="icon" href="data:,"><script type="module">
    import { Creel } from "/node_modules/creel/dist/index.js";
    import { serveBridge } from "/node_modules/creel/dist/bridge/index.js";
    globalThis.creel = await Creel.open({ storage: "memory" });
    globalThis.openWindow = () => {
      const opened = window.open("/index.html");
      opened.addEventListener("load", () => {
        const { port1, port2 } = new MessageChannel();
        serveBridge(creel, port1);
        opened.postMessage("store", "*", [port2]);
      });
    };
  </script>`;
  const roots = { "": project.directory };
  const server = await StaticServer.start(roots, { "/owner.html": owner });
  t.after(() => server.stop());
  const visitor = await Visitor.start(t);
  const { page, complaints } = await visitor.open(`${server.address}owner.html`);
  await page.waitForFunction("globalThis.openWindow");
  const [window] = await Promise.all([page.waitForEvent("popup"), page.evaluate("openWindow()")]);
  window.on("pageerror", (error) => complaints.push(String(error)));

  await window.getByLabel("Name").fill("Fix the build");
  await window.getByRole("button", { name: "New thread" }).click();
  await window.locator("li", { hasText: "Fix the build" }).waitFor();
  await page.evaluate(`creel.threads.create({ name: "From elsewhere" })`);
  const elsewhere = window.locator("li", { hasText: "From elsewhere" });
  await elsewhere.getByRole("button", { name: "Delete" }).click();
  await elsewhere.waitFor({ state: "detached" });
  assert.equal(await window.locator("li").count(), 1);
  assert.equal(await page.evaluate("creel.stats().then(({ threads }) => threads)"), 1);
  assert.deepEqual(complaints, []);
});
