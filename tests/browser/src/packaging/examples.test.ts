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
