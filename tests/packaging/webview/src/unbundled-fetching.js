/** The same with the entry whose module is fetched, which no webview may. */

import { Creel } from "../node_modules/creel/dist/index.js";
import { mount } from "./page.js";
import { openStore } from "./store.js";

mount(openStore(Creel, { name: "webview" }));
