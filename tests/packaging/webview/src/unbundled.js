/** A webview whose scripts are the package's own files. */

import { Creel } from "../node_modules/creel/dist/inline.js";
import { mount } from "./page.js";
import { openStore } from "./store.js";

mount(openStore(Creel, { name: "webview" }));
