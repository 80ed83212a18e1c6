/** The native program beside the tests: its commands, and its server as a client of the bridge. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { type BridgeClient, connectBridge, portOf } from "creel/bridge";
import { BINARY } from "./places.js";

/** Runs a command on a store and returns the JSON that it prints. */
export function creel<Answer>(store: string, ...words: string[]): Answer {
  const output = execFileSync(String(BINARY), [...words, "--store", store, "--json"]);
  return JSON.parse(output.toString());
}

/** A server of a store in a process of its own. */
export interface Server {
  client: BridgeClient;
  /** Ends the process in an orderly way. */
  end(): Promise<void>;
}

/** Starts a server, which is gone with the test. */
export async function serve(t: TestContext, store: string): Promise<Server> {
  const words = ["serve", "--store", store];
  const child = spawn(String(BINARY), words, { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const client = await connectBridge(
    portOf(
      (text) => child.stdin.write(`${text}\n`),
      (hear) => lines.on("line", hear),
    ),
  );
  const end = async () => {
    const ended = once(child, "exit");
    child.stdin.end();
    const [code] = await ended;
    if (code !== 0) throw new Error(`the server ended with ${code}`);
  };
  return { client, end };
}
