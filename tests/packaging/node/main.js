/** A fresh Node project: the store in memory and in a host of its own, from the packed package. */

import assert from "node:assert/strict";
import { Creel, CreelError } from "creel";
import { fileHost } from "./file-host.js";

const say = (text) => ({ type: "userMessage", content: [{ type: "text", text }] });

const memory = await Creel.open({ storage: "memory" });
const root = await memory.threads.create({ name: "Fix the build" });
await root.append([say("CI is red"), say("again")]);
await root.spawn({ agentNickname: "log reader" });
assert.equal((await memory.threads.list()).data.length, 2);
await assert.rejects(root.append([1]), (error) => {
  assert.ok(error instanceof CreelError);
  assert.equal(error.code, "invalid_item");
  return true;
});
await memory.close();
await assert.rejects(root.read(), { code: "closed" });

const file = process.argv[2];
const first = await Creel.open({ storage: await fileHost(file) });
const thread = await first.threads.create({ name: "Kept" });
await thread.append([say("one"), say("two")]);
await first.close();

const second = await Creel.open({ storage: await fileHost(file) });
const kept = second.threads.open(thread.id);
assert.equal((await kept.read()).name, "Kept");
const texts = [];
for await (const { seq, item } of kept.items()) texts.push(`${seq} ${item.content[0].text}`);
assert.deepEqual(texts, ["0 one", "1 two"]);
const receipt = await kept.delete();
assert.deepEqual(receipt.members, [thread.id]);
await second.close();

const third = await Creel.open({ storage: await fileHost(file) });
assert.deepEqual((await third.threads.list({ archived: "all" })).data, []);
await third.close();
console.log("the package works in Node");
