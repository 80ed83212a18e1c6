/** The page: its store is in itself, in a worker or in a shared worker, as its address says. */

import { Creel, options } from "./creel.js";
import { mount } from "./page.js";
import { remote } from "./remote.js";
import { openStore } from "./store.js";

const places = {
  "": () => openStore(Creel, { name: "page", ...options }),
  "?worker": () => remote(new Worker(new URL("./worker.js", import.meta.url), { type: "module" })),
  "?shared": () =>
    remote(
      new SharedWorker(new URL("./shared-worker.js", import.meta.url), { type: "module" }).port,
    ),
};

mount(places[location.search]());
