/** What the example for Electron uses of it, in Node: Electron itself needs a screen. */

import { EventEmitter } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";

export const app = Object.assign(new EventEmitter(), {
  whenReady: () => Promise.resolve(),
  getPath: () => String(process.env["USER_DATA"]),
  quit: () => app.emit("quit"),
});

/** The ports that windows were sent, in order. */
export const sent: MessagePort[] = [];

export class BrowserWindow {
  static readonly #all: BrowserWindow[] = [];
  readonly webContents = Object.assign(new EventEmitter(), {
    postMessage: (_: string, __: unknown, ports: MessagePort[]) => sent.push(...ports),
  });

  constructor() {
    BrowserWindow.#all.push(this);
  }

  static getAllWindows(): BrowserWindow[] {
    return BrowserWindow.#all;
  }

  loadFile(): void {
    this.webContents.emit("did-finish-load");
  }
}

export class MessageChannelMain {
  readonly port1: EventEmitter & { start(): void; close(): void; postMessage(data: unknown): void };
  readonly port2: MessagePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port2 = port2;
    this.port1 = Object.assign(new EventEmitter(), {
      start: () => port1.start(),
      close: () => port1.close(),
      postMessage: (data: unknown) => port1.postMessage(data),
    });
    port1.on("message", (data) => this.port1.emit("message", { data }));
    port1.on("close", () => this.port1.emit("close"));
  }
}
