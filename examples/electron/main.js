/** Electron's main process: it keeps the threads in files, and gives every window a port to them. */

import { join } from "node:path";
import { Creel } from "creel";
import { portOf, serveBridge } from "creel/bridge";
import { SqliteHost } from "creel/node";
import { app, BrowserWindow, MessageChannelMain } from "electron";

await app.whenReady();
const storage = await SqliteHost.open(join(app.getPath("userData"), "threads"));
const creel = await Creel.open({ storage });

function openWindow() {
  const preload = join(import.meta.dirname, "preload.cjs");
  const window = new BrowserWindow({ webPreferences: { preload } });
  // A window that is loaded anew gets a port anew.
  window.webContents.on("did-finish-load", () => {
    const { port1, port2 } = new MessageChannelMain();
    const port = portOf(
      (text) => port1.postMessage(text),
      (hear) => {
        port1.on("message", ({ data }) => hear(data));
        port1.start();
        return () => port1.close();
      },
    );
    const serving = serveBridge(creel, port);
    port1.once("close", () => serving.close());
    window.webContents.postMessage("store", null, [port2]);
  });
  window.loadFile("index.html");
}

openWindow();
app.on("activate", () => BrowserWindow.getAllWindows().length || openWindow());
app.on("window-all-closed", () => process.platform === "darwin" || app.quit());
app.once("before-quit", (event) => {
  event.preventDefault();
  creel.close().finally(() => app.quit());
});
