/** A case of the kit: its name, what it needs of a host, and what it does with the handles it opens. */

import type { Handle } from "./check.js";

/** What a case may do beside its handles. */
export interface Bench {
  /** Opens one more handle of the case's database, which is empty at first. */
  open(): Promise<Handle>;
  /** Lets a moment pass, so that news travels. */
  moment(): Promise<void>;
}

/** What the host under test can do beyond the least. */
export interface Abilities {
  shared: boolean;
  watch: boolean;
  maxValue: number;
}

/** One case. */
export interface Case {
  name: string;
  /** The host must be able to do this, or the case is left out. */
  needs?(abilities: Abilities): boolean;
  run(bench: Bench): Promise<void>;
}
