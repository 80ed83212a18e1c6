/**
 * Renderers that are killed while they delete a tree. What Node heard of before the crash outlives
 * it: nothing acknowledged is lost, nothing deleted comes back, and the next page ends every
 * deletion that was decided, down to the last byte.
 *
 * CREEL_CRASHES says how many crashes there are, on both backends of IndexedDB together.
 */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { BACKENDS, Browser } from "./browser.js";
import {
  canaries,
  deleteWhileWriting,
  type Found,
  find,
  grow,
  numbers,
  type Victim,
  waitForTheEnd,
} from "./crash-in-page.js";
import { openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

const CRASHES = Number((process.env as { CREEL_CRASHES?: string }).CREEL_CRASHES ?? 100);
const THREADS = 280;
const ITEMS = 3 * THREADS;
const STORE = "crashes";
/** How long a page waits before it deletes, in milliseconds, so that some crashes come before. */
const PAUSE = 25;
/** What a page tells of on its way. */
const STAGES = ["ready", "committed", "erasing", "receipt"] as const;
type Stage = (typeof STAGES)[number];
/** The stages that crashes follow, each a random part of the time that the stage takes. */
const CRASHED = ["ready", "committed", "ready", "erasing"] as const;
type Crashed = (typeof CRASHED)[number];
/** How long after the receipt the last crashes come, in milliseconds. */
const AFTERWARDS = 5;

/** How far a deletion was when its renderer was killed, in order. */
const PHASES = [
  "before the commit",
  "committed, not acknowledged",
  "committed, nothing erased",
  "partly erased",
  "erased, not yet verified",
  "finished, not acknowledged",
  "finished and acknowledged",
] as const;
type Phase = (typeof PHASES)[number];

/** What Node heard from a page. */
interface Heard {
  appended: number;
  /** When it heard of each stage. */
  stages: Map<Stage, number>;
  /** What is done when it hears of one. */
  act: (stage: Stage) => void;
}

let server: StaticServer;

before(async () => {
  server = await servePackage();
});

after(() => server.stop());

for (const backend of BACKENDS) {
  const crashes = Math.ceil(CRASHES / BACKENDS.length);
  test(`on ${backend}, ${crashes} crashes lose nothing and bring nothing back`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    const course = new Course(browser, await openTab(browser, server.address));
    const rehearsals = [await course.rehearse(), await course.rehearse(), await course.rehearse()];
    const shortest = (stage: Crashed) => Math.min(...rehearsals.map((times) => times[stage]));
    const phases = new Map<Phase, number>(PHASES.map((phase) => [phase, 0]));
    for (let n = 0; n < crashes; n += 1) {
      const stage = CRASHED[n % CRASHED.length] ?? "ready";
      const phase = await course.crash(stage, Math.random() * shortest(stage));
      phases.set(phase, (phases.get(phase) ?? 0) + 1);
    }
    await course.review();
    const times = [...new Set(CRASHED)].map(
      (stage) => `${shortest(stage).toFixed(0)} ms after ${stage}`,
    );
    t.diagnostic(`the next stage is ${times.join(", ")}`);
    for (const [phase, count] of phases) t.diagnostic(`${count} crashes: ${phase}`);
    assert.equal(await browser.backend(), backend);
  });
}

/** One store through all its crashes, and the plain model of what must be in it. */
class Course {
  readonly #browser: Browser;
  #tab: Page;
  /** How many items of each thread that stays were acknowledged. */
  readonly #staying = new Map<string, number>();
  #runs = 0;

  constructor(browser: Browser, tab: Page) {
    this.#browser = browser;
    this.#tab = tab;
  }

  /** Deletes a tree without a crash; returns how long each stage took. */
  async rehearse(): Promise<Record<Crashed, number>> {
    const { victim, heard } = await this.#prepare();
    await this.#tab.evaluate(deleteWhileWriting, { ...victim, pause: PAUSE });
    assert.deepEqual(await this.#tab.evaluate(canaries, STORE), []);
    this.#staying.set(victim.bystander, 0);
    await this.#checkStaying(victim, heard);
    const [ready = 0, committed = 0, erasing = 0, receipt = 0] = STAGES.map((stage) =>
      heard.stages.get(stage),
    );
    return {
      ready: committed - ready,
      committed: erasing - committed,
      erasing: receipt - erasing + AFTERWARDS,
    };
  }

  /** Kills the renderer `delay` ms after a stage of a deletion and checks what the next page finds. */
  async crash(stage: Stage, delay: number): Promise<Phase> {
    const { victim, heard } = await this.#prepare();
    const kill = await this.#browser.doom(this.#tab);
    const killed = new Promise<void>((resolve, reject) => {
      heard.act = (reached) => {
        if (reached === stage) setTimeout(() => kill().then(resolve, reject), delay);
      };
    });
    const ended = this.#tab
      .evaluate(deleteWhileWriting, { ...victim, pause: PAUSE })
      .catch(() => undefined);
    await killed;
    await ended;
    const dead = this.#tab;
    this.#tab = await openTab(this.#browser, server.address);
    await dead.close();
    const found = await this.#tab.evaluate(find, { name: STORE, ...victim });
    const phase = phaseOf(found, heard);
    await this.#check(victim, heard, found);
    return phase;
  }

  /** Reads every thread that stays once more. */
  async review(): Promise<void> {
    for (const [id, acknowledged] of this.#staying) {
      const read = await this.#tab.evaluate(numbers, id);
      assert.equal(read.length, acknowledged, id);
    }
  }

  async #prepare() {
    this.#runs += 1;
    const canary = `canary-${randomBytes(16).toString("hex")}`;
    const heard: Heard = { appended: 0, stages: new Map(), act: () => {} };
    await this.#tab.goto(server.address);
    await this.#tab.waitForFunction(() => globalThis.creel);
    if (!this.#bound.has(this.#tab)) {
      this.#bound.add(this.#tab);
      await this.#tab.exposeFunction("acknowledge", (what: string, n = 0) => this.#hear(what, n));
    }
    this.#heard = heard;
    const leaves = this.#runs % 2 === 0;
    const tree = { name: STORE, canary, threads: THREADS, leaves };
    const victim = await this.#tab.evaluate(grow, tree);
    assert.deepEqual(await this.#tab.evaluate(canaries, STORE), [canary]);
    if (victim.leaver) this.#staying.set(victim.leaver, 1);
    return { victim, canary, heard };
  }

  readonly #bound = new WeakSet<Page>();
  #heard: Heard | undefined;

  #hear(what: string, n: number): void {
    const heard = this.#heard;
    if (!heard) return;
    if (what === "appended") heard.appended = n + 1;
    const stage = STAGES.find((stage) => stage === what);
    if (!stage || heard.stages.has(stage)) return;
    heard.stages.set(stage, performance.now());
    heard.act(stage);
  }

  async #check(victim: Victim, heard: Heard, found: Found): Promise<void> {
    const { root, members, bystander } = victim;
    const visible = new Set(found.visible);
    const shown = members.filter((id) => visible.has(id)).length;
    if (shown > 0) {
      assert.ok(!heard.stages.has("committed"), "an acknowledged deletion shows members");
      assert.deepEqual([shown, found.items, found.root], [THREADS, ITEMS, undefined]);
      assert.deepEqual([found.pending, found.receipt], [[], undefined]);
      await this.#tab.evaluate((root) => store.threads.delete(root), root);
    } else {
      assert.equal(found.root, "thread_deleted");
    }
    const receipt = await this.#tab.evaluate(waitForTheEnd, root);
    assert.equal(receipt?.removed.threads, THREADS);
    assert.equal(receipt?.removed.items, ITEMS);
    assert.notEqual(receipt?.erasedAt, null);
    assert.deepEqual([...(receipt?.members ?? [])].sort(), [...members].sort());
    assert.deepEqual(await this.#tab.evaluate(canaries, STORE), []);
    this.#staying.set(bystander, heard.appended);
    const strangers = found.visible.filter((id) => !this.#staying.has(id));
    assert.equal(strangers.length, shown, "a thread is there that was deleted before");
    for (const id of this.#staying.keys()) assert.ok(visible.has(id), `${id} is lost`);
    await this.#checkStaying(victim, heard);
  }

  /** What was acknowledged is there; of the rest, at most the one append that was on its way. */
  async #checkStaying({ bystander, leaver }: Victim, heard: Heard): Promise<void> {
    const read = await this.#tab.evaluate(numbers, bystander);
    assert.deepEqual(read, [...read.keys()], "an item is lost or doubled");
    assert.ok(read.length >= heard.appended, `${read.length} of ${heard.appended} are left`);
    this.#staying.set(bystander, read.length);
    if (leaver) assert.equal((await this.#tab.evaluate(numbers, leaver)).length, 1);
  }
}

function phaseOf({ pending, receipt, visible, root }: Found, heard: Heard): Phase {
  if (root === undefined && visible.length > 0) return "before the commit";
  if (heard.stages.has("receipt")) return "finished and acknowledged";
  const [deletion] = pending;
  if (!deletion) {
    assert.ok(receipt, "a deletion is neither pending nor finished");
    return "finished, not acknowledged";
  }
  if (deletion.erased === deletion.threads) return "erased, not yet verified";
  if (deletion.erased > 0) return "partly erased";
  return heard.stages.has("committed")
    ? "committed, nothing erased"
    : "committed, not acknowledged";
}
