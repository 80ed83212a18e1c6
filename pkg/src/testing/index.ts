/**
 * The kit that proves a storage host of your own: one list of cases, for any test runner.
 *
 * It checks what `StorageHost` promises and nothing else. What no case can see from inside a process,
 * that a commit survives the power's loss, is left to the host's own tests.
 */

import type { StorageHost } from "../../wasm/creel.js";
import type { Abilities, Case } from "./case.js";
import { Handle, within } from "./check.js";
import { commits } from "./commits.js";
import { handles } from "./handles.js";
import { reads } from "./reads.js";
import { values } from "./values.js";

export type { StorageHost } from "../../wasm/creel.js";

/** Says how to open the host under test, and what it can do. */
export interface ConformanceOptions {
  /**
   * Opens one more handle of the database called `name`.
   *
   * At the first call with a name the database must be empty; later ones open the same data, also
   * when every earlier handle was closed. Names are letters, digits and `-`, new in every run.
   */
  open(name: string): StorageHost | Promise<StorageHost>;
  /** Removes the database called `name`, whose handles are closed. */
  remove?(name: string): unknown;
  /** Whether one database may be open more than once at a time; true unless given. */
  shared?: boolean;
  /** Whether `watch` tells of other handles' commits; false unless given. */
  watch?: boolean;
  /** The longest value that the host takes, in bytes, at least 65,536; without limit unless given. */
  maxValue?: number;
  /** How long a call may take before it has failed, in milliseconds; 30,000 unless given. */
  patience?: number;
}

/** One case: hand `name` and `run` to your test runner. */
export interface ConformanceTest {
  /** The case as a sentence. */
  name: string;
  /** Runs it on a database of its own; rejects with an `Error` that says what is wrong. */
  run(): Promise<void>;
}

/**
 * Lists the cases that a host must pass to hold a store; what it can't do is left out.
 *
 * @example
 * ```js
 * import test from "node:test";
 * import { hostConformance } from "creel/testing";
 *
 * for (const { name, run } of hostConformance({ open: (name) => MyHost.open(name) })) test(name, run);
 * ```
 */
export function hostConformance(options: ConformanceOptions): ConformanceTest[] {
  const { shared = true, watch = false, maxValue = Number.POSITIVE_INFINITY } = options;
  const abilities: Abilities = { shared, watch, maxValue };
  const all = [...reads, ...commits, ...values, ...handles];
  const fitting = all.filter(({ needs }) => needs === undefined || needs(abilities));
  return fitting.map((one) => ({ name: one.name, run: () => runCase(one, options) }));
}

let databases = 0;

async function runCase(one: Case, { open, remove, patience = 30_000 }: ConformanceOptions) {
  databases += 1;
  // Unlike those of an earlier run, whose databases may be there still.
  const name = `conformance-${Date.now().toString(36)}-${databases}`;
  const opened: ClosingOnce[] = [];
  try {
    await one.run({
      async open() {
        const host = new ClosingOnce(await within(patience, "open", open(name)));
        opened.push(host);
        return new Handle(host, patience);
      },
      moment: () => new Promise((resolve) => setTimeout(resolve, 2)),
    });
  } finally {
    for (const host of opened) await within(patience, "close", host.close());
    await remove?.(name);
  }
}

/** A host that is closed once, as the contract has it, however often a case asks. */
class ClosingOnce implements StorageHost {
  readonly get: StorageHost["get"];
  readonly scan: StorageHost["scan"];
  readonly commit: StorageHost["commit"];
  readonly close: StorageHost["close"];
  readonly watch?: NonNullable<StorageHost["watch"]>;
  readonly scrub?: NonNullable<StorageHost["scrub"]>;

  constructor(host: StorageHost) {
    this.get = host.get.bind(host);
    this.scan = host.scan.bind(host);
    this.commit = host.commit.bind(host);
    let closed: Promise<void> | undefined;
    this.close = () => {
      closed ??= Promise.resolve(host.close());
      return closed;
    };
    if (host.watch) this.watch = host.watch.bind(host);
    if (host.scrub) this.scrub = host.scrub.bind(host);
  }
}
