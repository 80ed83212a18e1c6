/** Finds the processes of a browser by what the system tells of them. */

import { readdir, readFile } from "node:fs/promises";

interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Returns the ids of the renderers below the browser that has the profile. */
export async function renderersOf(profile: string): Promise<number[]> {
  const processes = await running();
  const browser = processes.find(
    ({ command }) => command.includes(`--user-data-dir=${profile}`) && !command.includes("--type="),
  );
  if (!browser) throw new Error(`no browser has the profile ${profile}`);
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === browser.pid || isBelow(parents.get(pid)));
  const renderers = processes.filter(
    ({ pid, command }) => command.includes("--type=renderer") && isBelow(pid),
  );
  if (renderers.length === 0) throw new Error("the browser has no renderer");
  return renderers.map(({ pid }) => pid);
}

async function running(): Promise<Process[]> {
  const ids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  return (await Promise.all(ids.map(describe))).filter((process) => process !== undefined);
}

async function describe(pid: number): Promise<Process | undefined> {
  try {
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return { pid, parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), command };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
