/** Owns the store and shows a webview that uses it; every window of VS Code has a store of its workspace. */

import { join } from "node:path";
import { serveBridge, vscodePort } from "creel/bridge";
import { Creel } from "creel/inline";
import { commands, Uri, ViewColumn, window } from "vscode";
import { FileHost } from "./file-host.js";

let opened;

export function activate(context) {
  // One store for the window, opened when it is first wanted; who fails to open it may try again.
  const store = () => {
    const directory = (context.storageUri ?? context.globalStorageUri).fsPath;
    opened ??= FileHost.open(join(directory, "threads.json"))
      .then((storage) => Creel.open({ storage }))
      .catch((error) => {
        opened = undefined;
        throw error;
      });
    return opened;
  };
  const show = async () => {
    try {
      const creel = await store();
      const dist = Uri.joinPath(context.extensionUri, "dist");
      const options = { enableScripts: true, localResourceRoots: [dist] };
      const panel = window.createWebviewPanel("creel", "Threads", ViewColumn.One, options);
      const bridge = serveBridge(creel, vscodePort(panel.webview));
      panel.onDidDispose(() => bridge.close());
      const script = panel.webview.asWebviewUri(Uri.joinPath(dist, "webview.js"));
      panel.webview.html = page(script, crypto.randomUUID());
    } catch (error) {
      window.showErrorMessage(`The threads can't be opened: ${error.message} (${error.code})`);
    }
  };
  context.subscriptions.push(commands.registerCommand("creel.threads", show));
}

export async function deactivate() {
  await (await opened)?.close();
}

function page(script, nonce) {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <style nonce="${nonce}">
      li { margin: 0.5em 0 }
      li button { margin-left: 1em }
      button { border: 0; padding: 0.3em 0.8em; color: var(--vscode-button-foreground);
        background: var(--vscode-button-background) }
    </style></head>
    <body><h1>Threads</h1><button id="create">New thread</button><p id="status" role="status"></p>
    <ul id="threads"></ul><script type="module" nonce="${nonce}" src="${script}"></script></body></html>`;
}
