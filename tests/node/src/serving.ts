/** The native program as a server of stores, and a proxy before it whose connections a test cuts. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

/** The native program, which the variable CREEL names. */
export const { CREEL: BINARY } = process.env as { CREEL?: string };

/** Says why a test that needs the program and a `WebSocket` is skipped. */
export const needs = {
  skip: !BINARY
    ? "CREEL names no creel binary"
    : !("WebSocket" in globalThis) && "this Node has no WebSocket",
};

/** A directory of stores with a file of tokens. */
export class Place {
  readonly directory: string;
  readonly tokens: string;

  constructor(t: TestContext) {
    this.directory = mkdtempSync(join(tmpdir(), "creel-serve-"));
    this.tokens = join(this.directory, "tokens.jsonl");
    t.after(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  /** Makes a token that opens a store. */
  token(store: string, ...words: string[]): string {
    const args = ["token", "--tokens", this.tokens, "--store", store, ...words];
    return execFileSync(String(BINARY), args, { encoding: "utf8" }).trim();
  }
}

/** A server that runs. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Sends a signal, and resolves when the process has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  reload(): void;
}

/** Starts a server of the stores of a place; it is gone with the test. */
export async function serve(
  t: TestContext,
  place: Place,
  { port = 0, words = [] as string[] } = {},
): Promise<Server> {
  const args = ["serve", "--stores", join(place.directory, "stores"), "--tokens", place.tokens];
  const where = ["--listen", `ws://127.0.0.1:${port}`, "--log", "error"];
  const child = spawn(String(BINARY), [...args, ...where, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  let url = "";
  for await (const line of lines) {
    if (!line.startsWith("listening on ")) continue;
    url = line.slice("listening on ".length);
    break;
  }
  const exit = once(child, "exit");
  return {
    url,
    port: Number(new URL(url).port),
    async end(signal) {
      child.kill(signal);
      return (await exit)[0];
    },
    reload: () => void child.kill("SIGHUP"),
  };
}

/** Stands between clients and a server, and cuts what it is told to. */
export class CuttingProxy {
  readonly url: string;
  /** The connections made so far. */
  made = 0;
  readonly #open = new Set<Socket>();

  static async start(t: TestContext, port: () => number): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new CuttingProxy((server.address() as AddressInfo).port);
    server.on("connection", (client) => proxy.#join(client, port()));
    t.after(() => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  private constructor(port: number) {
    this.url = `ws://127.0.0.1:${port}`;
  }

  /** Cuts every connection where it is, in the middle of whatever is on its way. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
  }

  #join(client: Socket, port: number): void {
    this.made += 1;
    const server = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(from);
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#open.delete(from);
        to.destroy();
      });
    }
  }
}
