/** The guide to deletion and privacy: each recipe does what its text says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Creel, Receipt } from "creel";
import { codeOf, openPage } from "./guide.js";

interface Guide {
  Creel: typeof Creel;
  forget(
    creel: Creel,
    id: string,
    confirm: (question: string) => boolean,
  ): Promise<Receipt | undefined>;
  forgetWithUndo(creel: Creel, id: string): Promise<() => Promise<string[]>>;
  forgetEverything(creel: typeof Creel, person: string): Promise<boolean>;
  handOver(creel: Creel): Promise<Blob>;
  expire(creel: Creel, days: number, options?: { dryRun?: boolean }): Promise<string[]>;
}

declare const guide: Guide;

const page = async () =>
  openPage(`
    export { Creel } from "creel";
    ${await codeOf("deletion-and-privacy")}
  `);

test("what was asked for goes, forks stay, and an undo brings everything back", async () => {
  await using opened = await page();
  const result = await opened.page.evaluate(async () => {
    const creel = await guide.Creel.open({ name: "person-1", wasm: "/creel.wasm" });
    const root = await creel.threads.create({ name: "Secret" });
    await root.append([{ role: "user", content: "Hi" }]);
    await (await root.spawn()).append([{ role: "user", content: "Read" }]);
    const fork = await root.fork();
    const questions: string[] = [];
    const answer = (yes: boolean) => (question: string) => {
      questions.push(question);
      return yes;
    };
    const refused = await guide.forget(creel, root.id, answer(false));
    const undo = await guide.forgetWithUndo(creel, root.id);
    const hidden = (await creel.stats()).threads;
    const back = await undo();
    const receipt = await guide.forget(creel, root.id, answer(true));
    const late = await root.append([{ role: "user", content: "late" }]).then(
      () => "stored",
      (error) => error.code,
    );
    const left = (await creel.threads.list()).data.map(({ id }) => id === fork.id);
    const still = await guide.forgetEverything(guide.Creel, "1");
    return { questions, refused, hidden, back: back.length, receipt, late, left, still };
  });
  const question = "Delete 2 threads with 2 messages? 1 forks have copies and stay.";
  assert.deepEqual(result.questions, [question, question]);
  assert.equal(result.refused, undefined);
  assert.deepEqual([result.hidden, result.back], [1, 2]);
  const { removed, scrubbed } = result.receipt as Receipt;
  assert.deepEqual([removed.threads, removed.items, scrubbed], [2, 2, "logicalOnly"]);
  assert.deepEqual([result.late, result.left, result.still], ["thread_deleted", [true], false]);
});

test("what is handed over can be imported elsewhere", async () => {
  await using opened = await page();
  const report = await opened.page.evaluate(async () => {
    const [one, other] = await Promise.all(
      ["person-1", "person-2"].map((name) => guide.Creel.open({ name, wasm: "/creel.wasm" })),
    );
    const root = await one?.threads.create({ name: "Hi" });
    await root?.append([{ role: "user", content: "Hi" }]);
    const blob = one && (await guide.handOver(one));
    const report = blob && (await other?.import(blob));
    await Promise.all([one?.close(), other?.close()]);
    return report;
  });
  assert.deepEqual([report?.threads, report?.items, report?.problemCount], [1, 1, 0]);
});

test("what is old goes, and a tree with something new in it stays", async () => {
  await using opened = await page();
  const result = await opened.page.evaluate(async () => {
    const creel = await guide.Creel.open({ name: "person-1", wasm: "/creel.wasm" });
    const createdAt = Date.now() - 40 * 24 * 60 * 60 * 1000;
    const old = await Promise.all(
      Array.from({ length: 120 }, () => creel.threads.create({ createdAt })),
    );
    const archived = await creel.threads.create({ createdAt });
    await archived.archive();
    const busy = await creel.threads.create({ createdAt, name: "busy" });
    await busy.spawn();
    await creel.threads.create({ name: "new" });
    const planned = await guide.expire(creel, 30, { dryRun: true });
    const before = (await creel.stats()).threads;
    const gone = await guide.expire(creel, 30);
    const names = (await creel.threads.list({ archived: "all", rootsOnly: true })).data.map(
      ({ name }) => name,
    );
    await creel.close();
    return { planned: planned.length, before, gone: gone.length, names, old: old.length };
  });
  assert.deepEqual([result.planned, result.before, result.gone], [121, 124, 121]);
  assert.deepEqual(result.names.toSorted(), ["busy", "new"]);
});
