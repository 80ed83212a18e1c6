/** A host in memory that several open stores share, that counts what is read, and that can fail. */

import { CreelError, type StorageHost } from "creel";
import { Database, MemoryHost } from "./memory-host.js";

export class MapHost {
  /** Whether every call fails from now on. */
  fail = false;
  /** How many values were read. */
  reads = 0;
  readonly #database = new Database();

  /** Makes a handle for one store, which hears nothing of the others by itself. */
  open(): StorageHost {
    const host = new MemoryHost(this.#database);
    return {
      get: async (table, keys) => {
        this.#check();
        this.reads += keys.length;
        return host.get(table, keys);
      },
      scan: async (table, range, limit, order) => {
        this.#check();
        const page = await host.scan(table, range, limit, order);
        this.reads += page.records.length;
        return page;
      },
      commit: async (batch) => {
        this.#check();
        await host.commit(batch);
      },
      close: () => host.close(),
    };
  }

  #check(): void {
    if (this.fail) throw new CreelError("storage_unavailable", "switched off", { retryable: true });
  }
}
