/** Random scripts of requests: the protocol, Rust and JavaScript show the same state after each. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { Creel, type Thread } from "creel";

const { CREEL: BINARY } = process.env;
const SCRIPTS = 12;
const REQUESTS = 60;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Message = { [name: string]: Json };

/** A way to a store: one message in, all the messages up to the next answer out. */
interface Door {
  send(method: string, params: Message): Promise<Message[]>;
  close(): Promise<void>;
}

function idOf({ id }: Message): string {
  return String(id);
}

/** Returns the result among messages. */
function resultOf(messages: Message[] | undefined): Message {
  const { result } = messages?.find((message) => "id" in message) ?? {};
  return (result ?? {}) as Message;
}

/** Draws numbers by a seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Numbers requests and gathers what comes; a request that changes nothing marks the end. */
function door(write: (line: string) => void, close: () => Promise<void>) {
  let gathered: Message[] = [];
  let waiting: { id: number; resolve: (messages: Message[]) => void } | undefined;
  let last = 0;
  const take = (line: string) => {
    const message: Message = JSON.parse(line);
    const { id } = message;
    if (waiting && id === waiting.id) {
      waiting.resolve(gathered);
      gathered = [];
      waiting = undefined;
    } else gathered.push(message);
  };
  const send = (method: string, params: Message) => {
    write(JSON.stringify({ id: ++last, method, params }));
    const id = ++last;
    const messages = new Promise<Message[]>((resolve) => {
      waiting = { id, resolve };
    });
    write(JSON.stringify({ id, method: "creel/stats", params: {} }));
    return messages;
  };
  return { take, door: { send, close } satisfies Door };
}

/** Opens the door that `creel serve` is. */
function serve(store: string): Door {
  const child = spawn(String(BINARY), ["serve", "--store", store], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
  });
  const { take, door: own } = door(
    (line) => child.stdin.write(`${line}\n`),
    async () => {
      child.stdin.end();
      await ended;
    },
  );
  createInterface({ input: child.stdout }).on("line", take);
  return own;
}

/** Opens the door that JavaScript has to a store in memory. */
async function connect(creel: Creel): Promise<Door> {
  let wire: { handle(message: string): Promise<void>; close(): void } | undefined;
  let turn = Promise.resolve();
  const { take, door: own } = door(
    (line) => {
      turn = turn.then(() => wire?.handle(line));
    },
    async () => wire?.close(),
  );
  wire = await creel.connect(take);
  return own;
}

/** Puts names in the place of what differs from store to store: ids by their order, times. */
function normaliser() {
  const names = new Map<string, string>();
  const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  const text = (value: string) =>
    value
      .replace(UUID, (id) => {
        if (!names.has(id)) names.set(id, `<${names.size}>`);
        return String(names.get(id));
      })
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");
  const walk = (value: Json): Json => {
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return value > 1e9 ? "<time>" : value;
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [text(name), walk(of)]));
  };
  return (value: Json) => sorted(walk(value));
}

/** Threads of one millisecond are in the order of their ids, which are drawn at random. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) {
    const all = value.map(sorted);
    const key = (it: Json) => JSON.stringify(it);
    return all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
  if (value === null || typeof value !== "object") return value;
  const fields = Object.entries(value).map(([name, of]): [string, Json] => [name, sorted(of)]);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Step {
  method: string;
  /** Makes the parameters from the ids that a door gave to the threads started so far. */
  params(ids: string[]): Message;
  /** Whether the answer has a thread that later steps may name. */
  starts?: boolean;
}

/** Draws the next step; `threads` have been started so far. */
function draw(pick: (below: number) => number, threads: number): Step {
  if (threads === 0 || pick(6) === 0) {
    const cwd = `/home/${pick(3)}`;
    return { method: "thread/start", params: () => ({ cwd, model: "m" }), starts: true };
  }
  const n = pick(threads);
  const archived = pick(2) === 0;
  const of = (method: string, more: Message = {}): Step => ({
    method,
    params: (ids) => ({ threadId: String(ids[n]), ...more }),
  });
  const message = { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] };
  const steps: Step[] = [
    of("creel/items/append", { items: [message, { type: "note", n: pick(100) }] }),
    of("creel/items/append", { items: [{ type: "note", x: 1.5, n: pick(100) }] }),
    of("thread/inject_items", { items: [message] }),
    of("thread/name/set", { name: `name ${pick(9)}` }),
    of("thread/metadata/update", { gitInfo: { branch: `b${pick(3)}` } }),
    of("thread/goal/set", { objective: `goal ${pick(3)}` }),
    of("thread/goal/clear"),
    of("thread/memoryMode/set", { mode: "disabled" }),
    of("thread/queue/add", { clientUserMessageId: `m${pick(5)}`, input: [] }),
    of("thread/archive"),
    of("thread/unarchive"),
    of("thread/resume"),
    of("thread/unsubscribe"),
    of("thread/read", { includeTurns: true }),
    of("thread/turns/list"),
    of("creel/items/list", { limit: 3 }),
    of("creel/items/pop", { count: 1 + pick(3) }),
    of("creel/deletion/plan"),
    of(pick(3) === 0 ? "thread/delete" : "thread/read"),
    { ...of("thread/fork"), starts: true },
    { method: "thread/list", params: () => ({ archived, limit: 100 }) },
    { method: "thread/loaded/list", params: () => ({}) },
  ];
  return steps[pick(steps.length)] as Step;
}

/** Reads everything that the typed API shows. */
async function typed(creel: Creel): Promise<Message[]> {
  const threads: Thread[] = [];
  let cursor: string | undefined;
  do {
    const query = { archived: "all" as const, limit: 1000, ...(cursor && { cursor }) };
    const page = await creel.threads.list(query);
    threads.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return Promise.all(
    threads.map(async (thread) => {
      const items: Json[] = [];
      for await (const { item } of creel.threads.open(thread.id).items()) items.push(item as Json);
      const known = shared(thread as unknown as Message);
      return { ...known, archived: thread.archivedAt !== null, items };
    }),
  );
}

/** Reads everything that Rust shows of a closed store. */
function shown(store: string): Message[] {
  const run = (...args: string[]) =>
    execFileSync(String(BINARY), [...args, "--store", store], { encoding: "utf8" });
  return [[], ["--archived"]].flatMap((flags) => {
    const threads: Message[] = JSON.parse(run("list", ...flags, "--json"));
    return threads.map((thread) => {
      const lines = run("show", idOf(thread), "--items").split("\n").filter(Boolean);
      const items: Json[] = lines.map((line) => JSON.parse(line));
      return { ...shared(thread), archived: flags.length > 0, items };
    });
  });
}

/** What the wire's thread and the typed one both have. */
function shared(thread: Message): Message {
  const { id, name, preview, cwd, sessionId, forkedFromId, model, gitInfo } = thread;
  const fields = { id, name, preview, cwd, sessionId, forkedFromId, model, gitInfo };
  const entries = Object.entries(fields).map(([field, of]): [string, Json] => [field, of ?? null]);
  return Object.fromEntries(entries);
}

test("random scripts lead to one state, whichever way they come and are looked at", async (t) => {
  if (!BINARY) return t.skip("CREEL names no creel binary");
  for (let seed = 1; seed <= SCRIPTS; seed++) {
    const store = mkdtempSync(join(tmpdir(), "creel-doors-"));
    const creel = await Creel.open({ storage: "memory" });
    const doors = [serve(store), await connect(creel)];
    const normal = doors.map(normaliser);
    const ids: string[][] = doors.map(() => []);
    const pick = random(seed);
    for (const own of doors) {
      await own.send("initialize", { capabilities: { experimentalApi: true } });
    }
    for (let n = 0; n < REQUESTS; n++) {
      const step = draw(pick, ids[0]?.length ?? 0);
      const told = await Promise.all(
        doors.map(async (own, at) => {
          const messages = await own.send(step.method, step.params(ids[at] ?? []));
          const { thread } = resultOf(messages);
          if (step.starts && thread) ids[at]?.push(idOf(thread as Message));
          const rest = messages.map(({ id: _, emittedAtMs: __, ...rest }) => rest);
          return normal[at]?.(rest);
        }),
      );
      assert.deepEqual(told[1], told[0], `seed ${seed}, request ${n}: ${step.method}`);
    }
    const inJs = await typed(creel);
    const list = async (archived: boolean) => {
      const sources = ["cli", "vscode", "exec", "appServer", "subAgent", "unknown"];
      const messages = await doors[1]?.send("thread/list", {
        archived,
        limit: 100,
        sourceKinds: sources,
      });
      const { data } = resultOf(messages);
      return data as Message[];
    };
    const onTheWire = [...(await list(false)), ...(await list(true))];
    for (const thread of onTheWire) {
      const same = inJs.find((own) => idOf(own) === idOf(thread));
      const { archived, items, ...known } = same ?? {};
      assert.deepEqual(shared(thread), known, `seed ${seed}: the wire and JavaScript`);
    }
    await Promise.all(doors.map((own) => own.close()));
    const inRust = shown(store);
    const [rust, js] = [normal[0]?.(inRust), normal[1]?.(inJs)];
    assert.deepEqual(js, rust, `seed ${seed}: JavaScript and Rust`);
    await creel.close();
    rmSync(store, { recursive: true });
  }
});
