/** A store whose calls go over a wire: every method is a message with named arguments. */

import type { ImportProgress, ImportReport } from "../../wasm/creel.js";
import { CALLS, type Exporting, type Importing, PREFIX, type StoreCalls } from "../calls.js";

/** How much of an import goes in one message, in characters. */
const PIECE = 1 << 20;

/** Carries requests to a store and answers back. */
export interface Wire {
  /** Calls a method; `changes` says that it must not be done twice. */
  request<Result>(method: string, params: object, changes: boolean): Promise<Result>;
}

/** Makes the calls of the store at the other end of a wire. */
export function callsOver(wire: Wire): StoreCalls {
  const call = ([name, { names, changes }]: [string, (typeof CALLS)["read"]]) => {
    const method = async (...given: unknown[]) => {
      const params = Object.fromEntries(names.map((argument, index) => [argument, given[index]]));
      return (await wire.request(PREFIX + name, params, changes)) ?? undefined;
    };
    return [name, method];
  };
  return {
    ...Object.fromEntries(Object.entries(CALLS).map(call)),
    export: async (id?: string) => new RemoteExport(wire, id),
    importTrees: (newIds: boolean) => new RemoteImport(wire, newIds),
  } as StoreCalls;
}

interface Exported {
  export: string | null;
  data: string;
}

class RemoteExport implements Exporting {
  readonly #wire: Wire;
  #next: object | undefined;
  #open: string | null = null;

  constructor(wire: Wire, id: string | undefined) {
    this.#wire = wire;
    this.#next = id === undefined ? {} : { threadId: id };
  }

  async next(): Promise<string | undefined> {
    if (!this.#next) return undefined;
    // A piece is given once, so that asking for it again is no reading.
    const answer = await this.#wire.request<Exported>("creel/export", this.#next, true);
    this.#open = answer.export;
    this.#next = answer.export === null ? undefined : { export: answer.export };
    return answer.data === "" && !this.#next ? undefined : answer.data;
  }

  free(): void {
    if (this.#open === null || !this.#next) return;
    const cancel = { export: this.#open, cancel: true };
    this.#wire.request("creel/export", cancel, true).catch(() => undefined);
  }
}

interface Imported {
  import: string | null;
  report: ImportReport | null;
  progress: ImportProgress;
}

class RemoteImport implements Importing {
  readonly #wire: Wire;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #ids: { ids?: "renew" };
  #open: string | null = null;
  #done = false;

  constructor(wire: Wire, newIds: boolean) {
    this.#wire = wire;
    this.#ids = newIds ? { ids: "renew" } : {};
  }

  async feed(bytes: Uint8Array): Promise<ImportProgress> {
    const text = this.#decoder.decode(bytes, { stream: true });
    let answer = await this.#send({ data: text.slice(0, PIECE) });
    for (let at = PIECE; at < text.length; at += PIECE) {
      answer = await this.#send({ data: text.slice(at, at + PIECE) });
    }
    return answer.progress;
  }

  async finish(): Promise<ImportReport> {
    this.#done = true;
    const { report } = await this.#send({ data: this.#decoder.decode(), done: true });
    return report as ImportReport;
  }

  free(): void {
    if (this.#done || this.#open === null) return;
    this.#done = true;
    this.#send({ cancel: true }).catch(() => undefined);
  }

  async #send(params: object): Promise<Imported> {
    const which = this.#open === null ? this.#ids : { import: this.#open };
    const answer = await this.#wire.request<Imported>(
      "creel/import",
      { ...which, ...params },
      true,
    );
    this.#open = answer.import;
    return answer;
  }
}
