// An agent for people without one at hand: it works through a small script, streams what it does into the thread,
// and spawns two sub-agents that work at the same time, one of which spawns a third.

import type { Creel } from "creel";

/** `together` waits for the sub-agents before the next step. */
type Step = object | { spawn: Script } | { together: true };

interface Script {
  nickname: string;
  role: string;
  task: string;
  steps: Step[];
}

const think = (text: string) => ({ type: "reasoning", summary: [text], content: [] });
const answer = (text: string) => ({ type: "agentMessage", text });
const shell = (command: string, aggregatedOutput: string, durationMs: number, exitCode = 0) => ({
  type: "commandExecution",
  command,
  cwd: "/home/dev/loom",
  status: exitCode === 0 ? "completed" : "failed",
  aggregatedOutput,
  exitCode,
  durationMs,
});

const MEASURER: Script = {
  nickname: "Measurer",
  role: "profiler",
  task: "Find out what the first paint waits for.",
  steps: [
    think(
      "A cold start is dominated by either the network or the main thread. I measure before I guess.",
    ),
    shell(
      "npm run trace -- --cold",
      "first byte      41 ms\nfirst paint  1,880 ms\n  parse        212 ms\n  fonts      1,140 ms  ←\n  layout        96 ms",
      8210,
    ),
    answer(
      "It is the fonts: two families are fetched one after the other, and text waits for both.",
    ),
  ],
};

const READER: Script = {
  nickname: "Reader",
  role: "explorer",
  task: "Find every place that loads a font.",
  steps: [
    shell(
      "rg -n 'font-face|preload.*font' src",
      "src/theme.css:14:@font-face {\nsrc/theme.css:22:@font-face {\nsrc/legacy/print.css:3:@font-face {",
      40,
    ),
    think(
      "Three declarations; the last one is in a style sheet for printing that every page includes.",
    ),
    {
      spawn: {
        nickname: "Historian",
        role: "explorer",
        task: "Why does every page include the print style sheet?",
        steps: [
          shell(
            "git log --oneline -3 -- src/legacy/print.css",
            "e41c2aa Keep print styles until the invoice moves\n90bd113 Add print styles",
            25,
          ),
          answer(
            "It was kept for the invoice page, which moved to its own bundle in March. Nothing needs it any more.",
          ),
        ],
      },
    },
    answer("`src/legacy/print.css` pulls in a second family for nothing. The other two are used."),
  ],
};

const LEAD: Step[] = [
  think(
    "The page feels slow on first load. Two questions can be answered side by side: what it waits for, and where fonts are loaded.",
  ),
  answer("I send out two helpers: one measures a cold start, one reads the style sheets."),
  { spawn: MEASURER },
  { spawn: READER },
  { together: true },
  shell(
    "npm test -- --run",
    " ✓ layout (14)\n ✓ theme (9)\n ✓ print (3)\n\n Tests  26 passed",
    3120,
  ),
  answer(
    "Both agree. I drop the print style sheet and preload the one font that the first screen shows.",
  ),
  {
    type: "fileChange",
    status: "completed",
    changes: [
      {
        path: "src/legacy/print.css",
        kind: { type: "delete" },
        diff: '-@font-face {\n-  font-family: "Ledger";\n-  src: url(ledger.woff2);\n-}',
      },
      {
        path: "index.html",
        kind: { type: "update" },
        diff: '@@ -6,3 +6,4 @@\n <meta charset="utf-8">\n+<link rel="preload" as="font" href="/inter.woff2" crossorigin>\n <title>Loom</title>',
      },
    ],
  },
  shell("npm run trace -- --cold", "first byte      40 ms\nfirst paint    620 ms", 7900),
  answer(
    "First paint went from **1,880 ms to 620 ms** on a cold start:\n\n- the print style sheet is gone, and with it a font that nobody saw\n- the remaining font is preloaded\n\nBoth sub-agents are done.",
  ),
];

/** Streams the script into a thread; stops between two items when the signal says so. */
export async function simulateAgent(creel: Creel, id: string, signal: AbortSignal): Promise<void> {
  await creel.threads.append(id, [
    {
      type: "userMessage",
      content: [
        {
          type: "text",
          text: "The start page feels slow on first load. Find out why and mend it.",
        },
      ],
    },
  ]);
  await play(creel, id, LEAD, signal);
}

async function play(creel: Creel, id: string, steps: Step[], signal: AbortSignal): Promise<void> {
  const children: Promise<void>[] = [];
  for (const step of steps) {
    await pause(450 + Math.random() * 650, signal);
    if (signal.aborted) break;
    if ("spawn" in step) children.push(spawn(creel, id, step.spawn, signal));
    else if ("together" in step) await Promise.all(children);
    else await creel.threads.append(id, [step]);
  }
  await Promise.all(children);
}

async function spawn(
  creel: Creel,
  parent: string,
  script: Script,
  signal: AbortSignal,
): Promise<void> {
  const child = await creel.threads.open(parent).spawn({
    agentNickname: script.nickname,
    agentRole: script.role,
    originator: "creel demo",
  });
  await child.append([{ type: "userMessage", content: [{ type: "text", text: script.task }] }]);
  await play(creel, child.id, script.steps, signal);
  await child.setEdgeStatus("closed");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
