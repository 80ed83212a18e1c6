/** How much is measured: a glance of half a minute, or everything. */

import type { Backend } from "./chromium.js";
import type { Name } from "./page/index.js";

export interface Plan {
  full: boolean;
  /** The contenders on each backend. */
  field: readonly { backend: Backend; contenders: readonly Name[] }[];
  /** The rounds of most workloads. */
  rounds: number;
  /** The appends of one round. */
  appends: number;
  /** The rounds of the deletion of a tree, each of which has to be made first. */
  deletions: number;
  /** The rounds of the cold start, each with a browser process for every contender. */
  starts: number;
  /** Whether a history grows to a million items. */
  million: boolean;
  /** How many minutes of live appends are watched; none if 0. */
  endurance: number;
}

const PEERS: readonly Name[] = ["creel", "raw", "dexie", "sqlite"];

type Variables = Partial<
  Record<
    "BENCH_MODE" | "BENCH_GROWTH" | "BENCH_ENDURANCE" | "BENCH_BACKENDS" | "BENCH_CONTENDERS",
    string
  >
>;

/** Reads what the environment asks for; names separated by commas narrow the field. */
export function plan(variables: Variables): Plan {
  const whole = wholePlan(variables);
  const { BENCH_BACKENDS, BENCH_CONTENDERS } = variables;
  const backends = BENCH_BACKENDS?.split(",");
  const contenders = BENCH_CONTENDERS?.split(",");
  const field = whole.field
    .filter(({ backend }) => backends?.includes(backend) ?? true)
    .map(({ backend, contenders: all }) => ({
      backend,
      contenders: all.filter((name) => contenders?.includes(name) ?? true),
    }));
  if (field.every(({ contenders }) => contenders.length === 0)) {
    throw new Error("BENCH_BACKENDS and BENCH_CONTENDERS leave nothing to be measured");
  }
  return { ...whole, field };
}

function wholePlan(variables: Variables): Plan {
  const { BENCH_MODE: mode = "full", BENCH_GROWTH, BENCH_ENDURANCE = "0" } = variables;
  if (mode !== "quick" && mode !== "full") {
    throw new Error(`BENCH_MODE is \`${mode}\`; it must be quick or full`);
  }
  const endurance = Number(BENCH_ENDURANCE);
  if (!(endurance >= 0)) throw new Error(`BENCH_ENDURANCE is \`${BENCH_ENDURANCE}\`, not minutes`);
  const rest = { million: BENCH_GROWTH === "1", endurance };
  if (mode === "quick") {
    return {
      full: false,
      field: [{ backend: "leveldb", contenders: ["creel", "raw", "dexie"] }],
      rounds: 2,
      appends: 60,
      deletions: 1,
      starts: 0,
      ...rest,
    };
  }
  return {
    full: true,
    field: [
      { backend: "leveldb", contenders: [...PEERS, "idb", "pglite"] },
      // To fill 100,000 threads takes these two longer than all others together; once is enough.
      { backend: "sqlite", contenders: PEERS },
    ],
    rounds: 5,
    appends: 100,
    deletions: 4,
    starts: 4,
    ...rest,
  };
}
