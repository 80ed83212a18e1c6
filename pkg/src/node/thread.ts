/**
 * The host's end of the thread that its database works in: calls go over as messages.
 *
 * The thread keeps the process alive only while a call is waited for.
 */

import { Worker } from "node:worker_threads";
import { CreelError } from "../errors.js";
import { closed, hear } from "./failures.js";
import type { Answered, Asked, Durability, Scrubbed, Work } from "./work.js";

interface Waiting {
  resolve(value: never): void;
  reject(error: CreelError): void;
}

export class Thread implements Work {
  readonly #worker: Worker;
  readonly #onNews: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #ended: CreelError | undefined;
  #calls = 0;

  /** Starts a thread that opens the store in `directory`. */
  static async open(directory: string, onNews: () => void): Promise<Thread> {
    const thread = new Thread(startWorker(directory), onNews);
    try {
      await thread.#wait(0);
      return thread;
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
  }

  private constructor(worker: Worker, onNews: () => void) {
    this.#worker = worker;
    this.#onNews = onNews;
    worker.on("message", (message: Answered) => this.#hear(message));
    worker.on("error", (cause) => this.#end(broken(cause)));
    worker.on("exit", () => this.#end(closed()));
  }

  get(...parameters: Parameters<Work["get"]>): ReturnType<Work["get"]> {
    return this.#ask("get", parameters);
  }

  scan(...parameters: Parameters<Work["scan"]>): ReturnType<Work["scan"]> {
    return this.#ask("scan", parameters);
  }

  commit({ checks, writes }: Parameters<Work["commit"]>[0], durability: Durability) {
    // Of a view the whole buffer would cross, however large.
    const compact = writes.map((write) => {
      if (!("value" in write) || write.value.byteLength === write.value.buffer.byteLength)
        return write;
      return { ...write, value: new Uint8Array(write.value) };
    });
    return this.#ask<boolean>("commit", [{ checks, writes: compact }, durability]);
  }

  shorten(): Promise<void> {
    return this.#ask("shorten", []);
  }

  scrub(): Promise<Scrubbed> {
    return this.#ask("scrub", []);
  }

  watch(): Promise<void> {
    return this.#ask("watch", []);
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#ask("close", []);
    this.#end(closed());
    await this.#worker.terminate();
  }

  #ask<T>(method: keyof Work, parameters: unknown[]): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#calls += 1;
    const asked: Asked = { id: this.#calls, method, parameters };
    const answer = this.#wait<T>(asked.id);
    this.#worker.postMessage(asked);
    return answer;
  }

  #wait<T>(id: number): Promise<T> {
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #hear(message: Answered): void {
    if (message === "news") {
      this.#onNews();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("failure" in message) waiting?.reject(hear(message.failure));
    else waiting?.resolve(message.value as never);
  }

  #end(reason: CreelError): void {
    this.#ended ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

function startWorker(directory: string): Worker {
  try {
    // The flags of the program may be none of a thread's.
    return new Worker(new URL("./worker.js", import.meta.url), {
      workerData: directory,
      execArgv: [],
    });
  } catch (cause) {
    throw broken(cause);
  }
}

/** Of a commit that was waited for, the outcome is unknown. */
function broken(cause: unknown): CreelError {
  const { message = String(cause) } = Object(cause) as Error;
  const advice =
    "where the program is bundled into one file, keep `creel` out of the bundle or open with `thread: false`";
  return new CreelError(
    "storage_unavailable",
    `the store's thread failed: ${message} (${advice})`,
    {
      cause,
    },
  );
}
