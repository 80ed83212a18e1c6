/** What happens to a webview that takes the entry whose module is fetched: the error says what to do. */

import { Creel } from "creel";
import { mount } from "./page.js";
import { openStore } from "./store.js";

mount(openStore(Creel, { name: "webview" }));
