/** The main process of the example for Electron, on a store in files, with Electron played. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type BridgeClient, connectBridge } from "creel/bridge";
import { app, BrowserWindow, sent } from "./electron.js";
import { place, REPOSITORY } from "./places.js";

interface Thread {
  id: string;
}

test("windows of Electron share the store of the main process, and it closes before the end", async (t) => {
  process.env["USER_DATA"] = place(t);
  // Here it finds the packed package.
  const main = pathToFileURL(join(import.meta.dirname, "electron-main.js"));
  copyFileSync(join(REPOSITORY, "examples/electron/main.js"), main);
  const played = new URL("electron.js", import.meta.url).href;
  registerHooks({
    resolve: (name, context, next) =>
      name === "electron" ? { url: played, shortCircuit: true } : next(name, context),
  });
  await import(main.href);

  const [first] = BrowserWindow.getAllWindows();
  // The window is loaded again: it gets another port.
  first?.webContents.emit("did-finish-load");
  const [one, other] = await Promise.all(sent.map((port) => connectBridge(port)));
  assert.ok(one && other);
  const heard = told(other, "thread/deleted");
  const { thread } = await one.request<{ thread: Thread }>("thread/start");
  await one.request("thread/name/set", { threadId: thread.id, name: "Fix the build" });
  const { data } = await other.request<{ data: Thread[] }>("thread/list");
  assert.deepEqual(
    data.map(({ id }) => id),
    [thread.id],
  );
  await one.request("thread/delete", { threadId: thread.id });
  assert.deepEqual(await heard, { threadId: thread.id });
  assert.ok(existsSync(join(process.env["USER_DATA"], "threads/creel.sqlite3")));

  const quit = once(app, "quit");
  app.emit("before-quit", { preventDefault: () => undefined });
  await quit;
  await assert.rejects(one.request("thread/list"), { code: "closed" });
});

function told(client: BridgeClient, event: "thread/deleted"): Promise<unknown> {
  return new Promise((resolve) => client.on(event, resolve));
}
