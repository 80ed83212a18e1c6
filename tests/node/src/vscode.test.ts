/** The storage host of the VS Code example, which readers will copy: the kit passes over it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Creel, type StorageHost } from "creel";
import { hostConformance } from "creel/testing";
import { place, REPOSITORY } from "./places.js";

interface FileHost {
  open(file: string): Promise<StorageHost>;
}

const address = join(REPOSITORY, "examples/vscode/src/file-host.js");
const { FileHost } = (await import(address)) as { FileHost: FileHost };

test("the host of the VS Code example conforms, for one handle at a time", async (t) => {
  const directory = place(t);
  const open = (name: string) => FileHost.open(join(directory, name));
  for (const { name, run } of hostConformance({ open, shared: false })) await t.test(name, run);
});

test("a store in the host of the VS Code example outlives its process", async (t) => {
  const file = join(place(t), "threads.json");
  const first = await Creel.open({ storage: await FileHost.open(file) });
  const thread = await first.threads.create({ name: "Kept" });
  await thread.append([{ n: 1 }]);
  await first.close();
  const second = await Creel.open({ storage: await FileHost.open(file) });
  const { name, items } = await second.threads.read(thread.id);
  await second.close();
  assert.deepEqual([name, items], ["Kept", 1]);
});
