/** The entry with the module inside works in Node as the main one does, and shares everything with it. */

import assert from "node:assert/strict";
import * as main from "creel";
import * as inline from "creel/inline";

assert.deepEqual(Object.keys(inline).sort(), Object.keys(main).sort());
assert.equal(inline.Creel, main.Creel);
const creel = await inline.Creel.open({ storage: "memory" });
await creel.threads.create();
await inline.init();
await main.init();
assert.equal((await creel.stats()).threads, 1);
await creel.close();
console.log("the module inside works in Node");
