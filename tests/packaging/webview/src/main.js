/** The script of the webview. */

import { Creel, options } from "./creel.js";
import { mount } from "./page.js";
import { openStore } from "./store.js";

mount(openStore(Creel, { name: "webview", ...options }));
