/** A worker that has the store. */

import { Creel, options } from "./creel.js";
import { serve } from "./remote.js";
import { openStore } from "./store.js";

serve(self, openStore(Creel, { name: "worker", ...options }));
