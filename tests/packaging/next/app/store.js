"use client";
/** The client part: imported on the server too, used in the browser alone. */

import { useEffect } from "react";
import { Creel, options } from "../src/creel.js";
import { mount } from "../src/page.js";
import { openStore } from "../src/store.js";

export function Store() {
  useEffect(() => {
    mount(openStore(Creel, { name: "next", ...options }));
  }, []);
  return <h1>Creel under Next.js</h1>;
}
