/** What the bench says: a line of JSON for each thing that it found, on standard output. */

export type Line =
  | {
      kind: "sample";
      workload: string;
      case: string;
      contender: string;
      round: number;
      unit: "ms";
      values: number[];
    }
  | {
      kind: "count";
      workload: string;
      case: string;
      contender: string;
      operations: number;
      counts: Record<string, number>;
    }
  | {
      kind: "memory";
      workload: string;
      case: string;
      contender: string;
      bytes: number;
      what: string;
    }
  | {
      kind: "growth";
      case: string;
      contender: string;
      axis: "items" | "threads" | "minutes";
      size: number;
      value: number;
      unit: "ms" | "bytes" | "entries";
    }
  /** `ms` is the time of the processor, `clock` that of the clock. */
  | { kind: "blocking"; case: string; contender: string; ms: number; clock: number }
  | { kind: "machine"; what: Record<string, string> }
  | { kind: "void"; workload: string; case: string; contender: string; reason: string };

export function say(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
