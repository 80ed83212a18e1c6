/** Finds the process of a page by what the system tells of all processes; on Linux alone. */

import { readdir, readFile } from "node:fs/promises";

/** Returns the renderer of the browser that has the profile, once it is the only one of a page. */
export async function onlyRenderer(profile: string): Promise<number> {
  const late = Date.now() + 10_000;
  for (;;) {
    const [renderer, ...others] = await renderers(profile);
    if (renderer !== undefined && others.length === 0) return renderer;
    if (Date.now() > late) {
      throw new Error(`the browser has ${renderer ? others.length + 1 : 0} renderers`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function renderers(profile: string): Promise<number[]> {
  const ids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const commands = await Promise.all(ids.map(async (id) => ({ id, words: await command(id) })));
  return commands
    .filter(({ words }) => words.includes("--type=renderer"))
    .filter(({ words }) => words.includes(`--user-data-dir=${profile}`))
    .filter(({ words }) => !OWN.some((own) => words.includes(own)))
    .map(({ id }) => id);
}

/** What marks the renderers of the browser's own extensions and pages. */
const OWN = ["--extension-process", "--top-chrome-webui"];

async function command(id: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${id}/cmdline`, "utf8")).split(/[\0 ]/);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
