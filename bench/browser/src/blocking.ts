/** How long each call of Creel keeps the page from anything else, on a store of 10,000 threads. */

import type { Chromium } from "./chromium.js";
import { Contender } from "./field.js";
import { say } from "./lines.js";
import { ITEMS_OF_A_MEMBER, id, LARGE, SMALL } from "./page/data.js";
import type { Site } from "./site.js";
import { longestTask } from "./tasks.js";

/** Trees that no workload uses. */
const ARCHIVED = 0;
const DELETED = 91;

/** Measures the longest task of each call; the browser must have no other page that works. */
export async function blocking(browser: Chromium, site: Site): Promise<void> {
  const creel = await Contender.visit(browser, site, "creel");
  const measure = async (name: string, work: () => Promise<unknown>) => {
    const { processor: ms, clock } = await longestTask(creel.page, work);
    const of = `${name}, ${browser.backend}`;
    say({ kind: "blocking", case: of, contender: "creel", ms, clock });
  };
  const root = (tree: number) => id("tree", tree * 10_000);

  await measure("open and read, 10,000 threads", async () => {
    await creel.openCold("small");
    await creel.whole();
  });
  await creel.run("appendEach", id("flat", 1), 10, SMALL);
  await measure("append one item, 600 B", () => creel.run("appendEach", id("flat", 3), 50, SMALL));
  await measure("append one item, 20 KB", () => creel.run("appendEach", id("flat", 3), 20, LARGE));
  await creel.fillTree(DELETED);
  const long = root(DELETED);
  await measure("append 1,000 items, 600 B", () => creel.run("appendMany", long, 1_000, SMALL));
  await measure("load 1,020 items, 600 B", () =>
    creel.run("load", long, ITEMS_OF_A_MEMBER + 1_000),
  );
  await measure("list 50 of 10k", () => creel.run("listNewest", 9_000, 10, 77));
  await measure("archive tree", () => creel.run("archive", root(ARCHIVED)));
  await measure("delete tree", () => creel.run("remove", long));
  await measure("close", () => creel.close());
  await creel.page.close();
}
