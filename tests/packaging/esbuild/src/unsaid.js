/** What happens to those who don't say where the module is: the error tells them. */

import { Creel } from "creel";
import { mount } from "./page.js";
import { openStore } from "./store.js";

mount(openStore(Creel, { storage: "memory" }));
