/** A page whose store is on a server, over a real WebSocket with the token in its subprotocols. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { Browser } from "./browser.js";
import { openTab, servePackage } from "./scenario.js";

const { CREEL: BINARY } = process.env as { CREEL?: string };
const needs = { skip: BINARY ? false : "CREEL names no creel binary" };

async function serve(t: TestContext, origin: string): Promise<{ url: string; token: string }> {
  const directory = mkdtempSync(join(tmpdir(), "creel-page-"));
  const tokens = join(directory, "tokens.jsonl");
  const words = ["token", "--tokens", tokens, "--store", "a"];
  const token = execFileSync(String(BINARY), words, { encoding: "utf8" }).trim();
  const where = ["--stores", join(directory, "stores"), "--tokens", tokens, "--log", "error"];
  const pages = ["--listen", "ws://127.0.0.1:0", "--allow-origin", origin];
  const child = spawn(String(BINARY), ["serve", ...where, ...pages], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { url: line.replace("listening on ", ""), token };
  }
  throw new Error("the server does not listen");
}

test("a page uses a store on a server, and loads no WebAssembly for it", needs, async (t) => {
  const server = await servePackage();
  t.after(() => server.stop());
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const { url, token } = await serve(t, new URL(server.address).origin);
  const tab = await openTab(browser, server.address);
  const result = await tab.evaluate(
    async ({ url, token }) => {
      const at = "/creel/dist/remote/index.js";
      const { Creel } = (await import(at)) as typeof import("creel/remote");
      const [one, two] = [await Creel.connect(url, { token }), await Creel.connect(url, { token })];
      const heard = new Promise<string | null>((resolve) =>
        two.on("thread/started", ({ thread }) => resolve(thread.name)),
      );
      const root = await one.threads.create({ name: "From a page" });
      await root.append([{ type: "userMessage", text: "CI is red" }]);
      const { data } = await two.threads.items(root.id);
      const refused = await Creel.connect(url, { token: `${token}0` }).catch(({ code }) => code);
      const name = await heard;
      await Promise.all([one.close(), two.close()]);
      const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
      const wasm = loaded.filter((name) => name.endsWith(".wasm"));
      return { name, items: data.map(({ item }) => item), refused, wasm };
    },
    { url, token },
  );
  assert.deepEqual(result, {
    name: "From a page",
    items: [{ type: "userMessage", text: "CI is red" }],
    refused: "unauthorized",
    wasm: [],
  });
});
