/** Ports made of what is none: a pair of functions, and the two ends of a VS Code webview. */

import type { BridgePort } from "./port.js";

/** Ends what a `listen` began: a function, or an object with `dispose` as VS Code has them. */
export type Stop = (() => void) | { dispose(): unknown } | undefined;

/**
 * Makes a port of two functions, for whatever carries texts both ways in order.
 *
 * `send` is called with every text for the other side. `listen` is called once; it calls `hear` with
 * everything that comes from there, and may return how to stop that.
 *
 * @example
 * ```js
 * // Electron's main process, with one end of a MessageChannelMain:
 * serveBridge(creel, portOf((text) => port.postMessage(text), (hear) => {
 *   port.on("message", ({ data }) => hear(data));
 *   port.start();
 * }));
 * // Lines of `creel serve`:
 * connectBridge(portOf((text) => child.stdin.write(`${text}\n`), (hear) => lines.on("line", hear)));
 * ```
 */
export function portOf(
  send: (text: string) => unknown,
  listen: (hear: (message: unknown) => void) => unknown,
): BridgePort {
  const listeners = new Set<(event: { data: unknown }) => void>();
  let stop: Stop;
  return {
    postMessage: (message) => void send(message as string),
    addEventListener(type, listener) {
      if (type !== "message") return;
      const first = listeners.size === 0;
      listeners.add(listener);
      if (!first) return;
      stop = asStop(
        listen((data) => {
          for (const one of [...listeners]) one({ data });
        }),
      );
    },
    removeEventListener(type, listener) {
      if (type !== "message" || !listeners.delete(listener) || listeners.size > 0) return;
      if (typeof stop === "function") stop();
      else stop?.dispose();
      stop = undefined;
    },
  };
}

/** The extension's end of a webview: `panel.webview`. */
export interface VsCodeWebview {
  /** Sends a message to the page. */
  postMessage(message: unknown): unknown;
  /** Calls `listener` with every message of the page until the result is disposed of. */
  onDidReceiveMessage(listener: (message: unknown) => void): {
    /** Stops the calls. */
    dispose(): unknown;
  };
}

/** The webview's end: what `acquireVsCodeApi()` returns. */
export interface VsCodeApi {
  /** Sends a message to the extension. */
  postMessage(message: unknown): unknown;
}

/**
 * Makes a port of either end of a VS Code webview.
 *
 * A webview that VS Code has thrown away and loaded again connects anew over the same port.
 *
 * @example
 * ```js
 * serveBridge(creel, vscodePort(panel.webview)); // in the extension
 * const store = await connectBridge(vscodePort(acquireVsCodeApi())); // in the webview
 * ```
 */
export function vscodePort(end: VsCodeWebview | VsCodeApi): BridgePort {
  const send = (text: string) => end.postMessage(text);
  if ("onDidReceiveMessage" in end) return portOf(send, (hear) => end.onDidReceiveMessage(hear));
  return portOf(send, (hear) => {
    const listener = ({ data }: MessageEvent) => hear(data);
    addEventListener("message", listener);
    return () => removeEventListener("message", listener);
  });
}

/** What other libraries return from adding a listener, themselves for the most part, stops nothing. */
function asStop(returned: unknown): Stop {
  if (typeof returned === "function") return returned as () => void;
  const { dispose } = Object(returned);
  return typeof dispose === "function" ? (returned as { dispose(): unknown }) : undefined;
}
