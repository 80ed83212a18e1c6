/** The guide to writing a host: the one that it shows holds a store, over restarts and crashes. */

import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Creel, type StorageHost } from "creel";
import { hostConformance } from "creel/testing";
import { codeOf } from "./guide.js";

interface Guide {
  LogHost: { open(path: string): Promise<StorageHost> };
}

async function guide() {
  const directory = await mkdtemp(join(tmpdir(), "creel-guide-"));
  const code = join(directory, "host.mjs");
  await writeFile(code, await codeOf("writing-a-host"));
  const { LogHost }: Guide = await import(pathToFileURL(code).href);
  return {
    LogHost,
    path: join(directory, "store.log"),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

test("a store is there after a restart, and after a crash in the middle of a commit", async () => {
  await using shown = await guide();
  const open = async () => Creel.open({ storage: await shown.LogHost.open(shown.path) });
  const first = await open();
  const root = await first.threads.create({ name: "Fix the build" });
  const child = await root.spawn();
  for (let n = 0; n < 50; n += 1) await child.append([{ type: "note", n }]);
  await first.close();
  await appendFile(shown.path, '[{"type":"insert","table":"journal","key":"00000');

  const second = await open();
  const { items } = await second.threads.read(child.id);
  assert.equal(items, 50);
  await second.threads.append(child.id, [{ type: "note", n: 50 }]);
  assert.deepEqual((await second.check()).findings, []);
  await second.close();

  const third = await open();
  assert.equal((await third.threads.read(child.id)).items, 51);
  await third.close();
});

test("a deletion leaves no byte in the file once it is rewritten", async () => {
  await using shown = await guide();
  const host = await shown.LogHost.open(shown.path);
  const creel = await Creel.open({ storage: host });
  const root = await creel.threads.create({ name: "canary" });
  await root.append([{ role: "user", content: "canary" }]);
  const others = await creel.threads.create({ name: "stays" });
  await root.delete();
  await creel.close();
  const again = await shown.LogHost.open(shown.path);
  const reopened = await Creel.open({ storage: again });
  assert.equal((await reopened.threads.read(others.id)).name, "stays");
  await reopened.close();
  const lines = (await readFile(shown.path, "utf8")).split("\n").filter((line) => line !== "");
  const values = lines.flatMap((line) => JSON.parse(line)).map(({ value }) => value ?? "");
  const texts = values.map((value) => Buffer.from(value, "base64").toString());
  assert.ok(texts.some((text) => text.includes("stays")));
  assert.ok(!texts.some((text) => text.includes("canary")));
});

const shown = await guide();
after(() => shown[Symbol.asyncDispose]());
const place = (name: string) => `${shown.path}-${name}`;
const cases = hostConformance({
  open: (name) => shown.LogHost.open(place(name)),
  remove: (name) => rm(place(name)),
  shared: false,
});
for (const { name, run } of cases) test(`as the kit has it: ${name}`, run);
