/** Measures how long calls keep a page's main thread from anything else, by the browser's own trace. */

import type { Page } from "playwright-core";

/** The longest task of a piece of work, in milliseconds. */
export interface Longest {
  /** As the processor spent it, which another program's load does not change. */
  processor: number;
  /** As a clock saw it. */
  clock: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** What every task of Chromium's main threads is recorded as. */
const TASKS = ["ThreadControllerImpl::RunTask", "RunTask"];

/** Does a piece of work and returns the longest task of the pages meanwhile. */
export async function longestTask(page: Page, work: () => Promise<unknown>): Promise<Longest> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      recordMode: "recordAsMuchAsPossible",
      includedCategories: ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"],
      excludedCategories: ["*"],
    },
  });
  try {
    await work();
    // What was begun is part of it.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  } finally {
    const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await complete;
    await session.detach();
  }
  return longest(events);
}

/** Finds the longest task of the main threads of pages. */
export function longest(events: readonly TraceEvent[]): Longest {
  const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(thread),
  );
  const tasks = events.filter((event) => TASKS.includes(event.name) && mains.has(thread(event)));
  if (tasks.length === 0) throw new Error("the trace holds no task of a page");
  const most = (of: (event: TraceEvent) => number | undefined) =>
    tasks.reduce((longest, event) => Math.max(longest, of(event) ?? 0), 0) / 1_000;
  return { processor: most(({ tdur }) => tdur), clock: most(({ dur }) => dur) };
}
