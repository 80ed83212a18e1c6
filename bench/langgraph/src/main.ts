// LangGraph's PostgreSQL checkpointer as a process that is asked a line of JSON at a time on its standard input:
// {"id": 1, "method": "append", "params": {…}}. It answers with how long the checkpointer took, without the way of
// the question and the answer, and with how many of what was asked for it found.

import { createInterface } from "node:readline";
import { type Asked, Threads } from "./threads.js";

const [url, strict] = process.argv.slice(2);
if (url === undefined) throw new Error("usage: main.js URL strict|relaxed");
const threads = await Threads.open(url, strict === "strict");

interface Call {
  id: number;
  method: string;
  params: unknown;
}

async function answer({ method, params }: Call): Promise<Asked> {
  // biome-ignore-start lint/suspicious/noExplicitAny: what is sent by the program that belongs to this one
  const given = params as any;
  switch (method) {
    case "fill":
      return threads.fill(given.threads);
    case "create":
      return threads.create(given.threads);
    case "append":
      return threads.append([given]);
    case "appendAtOnce":
      return threads.append(given.items);
    case "load":
      return threads.load(given.thread);
    case "newest":
      return threads.list(given.limit);
    case "children":
      return threads.list(given.limit, { parent: given.parent });
    case "delete":
      return threads.delete(given.root);
    default:
      throw new Error(`no method is called ${method}`);
  }
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line) as Call;
  let said: object;
  try {
    said = { id: call.id, result: await answer(call) };
  } catch (error) {
    said = { id: call.id, error: { message: String(error) } };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
await threads.close();
