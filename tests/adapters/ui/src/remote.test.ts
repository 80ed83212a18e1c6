/** The hooks over a store on a server: what another client writes is rendered, also after a break. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { CreelProvider, useItems, useThreads } from "creel/react";
import { Creel } from "creel/remote";
import { createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { container, until, WebSocket } from "./dom.js";

const { CREEL: BINARY } = process.env as { CREEL?: string };
const needs = { skip: BINARY ? false : "CREEL names no creel binary" };

/** Starts a server of one store; the address goes through a proxy that `cut` cuts. */
async function serve(t: TestContext): Promise<{ url: string; token: string; cut(): void }> {
  const directory = mkdtempSync(join(tmpdir(), "creel-ui-"));
  const tokens = join(directory, "tokens.jsonl");
  const words = ["token", "--tokens", tokens, "--store", "a"];
  const token = execFileSync(String(BINARY), words, { encoding: "utf8" }).trim();
  const where = ["--stores", join(directory, "stores"), "--tokens", tokens, "--log", "error"];
  // The document has an origin, as every page does.
  const pages = ["--listen", "ws://127.0.0.1:0", "--allow-origin", "http://localhost"];
  const child = spawn(String(BINARY), ["serve", ...where, ...pages], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let port = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    port = Number(new URL(line.replace("listening on ", "")).port);
    break;
  }
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(from);
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => open.delete(from) && to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  t.after(() => {
    cut();
    proxy.close();
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });
  return { url: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`, token, cut };
}

function Items({ id }: { id: string }): ReactNode {
  const { items } = useItems<{ n: number }>(id);
  return createElement("ol", null, items.map(({ item }) => item.n).join(" "));
}

function App(): ReactNode {
  const { status, threads } = useThreads();
  const lists = threads.map(({ id, name }) => [
    createElement("b", { key: `${id} name` }, name),
    createElement(Items, { key: id, id }),
  ]);
  return createElement("main", { className: status }, lists);
}

test(
  "hooks render what another client writes, also after the connection broke",
  needs,
  async (t) => {
    const { url, token, cut } = await serve(t);
    const options = { token, WebSocket };
    const writer = await Creel.connect(url, options);
    t.after(() => writer.close());
    const element = container();
    const root = createRoot(element);
    t.after(() => root.unmount());
    const open = () => Creel.connect(url, options);
    root.render(createElement(CreelProvider, { open }, createElement(App)));
    await until(() => element.querySelector("main.ready"));
    const { id } = await writer.threads.create({ name: "Shared" });
    await writer.threads.append(id, [{ n: 1 }]);
    await until(() => element.innerHTML.includes("<b>Shared</b><ol>1</ol>"));
    cut();
    await writer.threads.append(id, [{ n: 2 }]);
    await writer.threads.rename(id, "Renamed");
    await until(() => element.innerHTML.includes("<b>Renamed</b><ol>1 2</ol>"));
    await writer.threads.delete(id);
    await until(() => element.innerHTML === '<main class="ready"></main>');
    assert.equal(writer.connection, "open");
  },
);
