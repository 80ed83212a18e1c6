/** A frame without an origin: it has no IndexedDB, so that its store is in memory. */

import { Creel } from "./creel.js";
import { mount } from "./page.js";
import { openStore } from "./store.js";

/** Shows what everything that needs IndexedDB says. */
async function tell() {
  const calls = [Creel.open({ name: "opaque" }), Creel.stores(), Creel.destroy("opaque")];
  for (const { reason } of await Promise.allSettled(calls)) {
    const told = document.body.appendChild(document.createElement("pre"));
    told.textContent = `${reason.name} ${reason.code}: ${reason.message}`;
  }
}

tell().then(() => mount(openStore(Creel, { storage: "memory" })));
