/** A shared worker that has the store for all tabs. */

import { Creel, options } from "./creel.js";
import { serve } from "./remote.js";
import { openStore } from "./store.js";

const opening = openStore(Creel, { name: "shared", ...options });

self.onconnect = ({ ports: [port] }) => serve(port, opening);
