// What every part of the playground needs: the open store, its threads, and the things a person can do with them.

import type { Creel } from "creel";
import { createContext, useContext } from "solid-js";
import type { Actions } from "./actions.ts";
import type { Deletions } from "./deletions.ts";
import type { Forest } from "./forest.ts";

export interface Demo {
  creel: Creel;
  forest: Forest;
  deletions: Deletions;
  actions: Actions;
}

export const DemoContext = createContext<Demo>();

export function useDemo(): Demo {
  const demo = useContext(DemoContext);
  if (!demo) throw new Error("no store is open here");
  return demo;
}
