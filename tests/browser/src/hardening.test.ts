/** What browsers do to IndexedDB behind a page's back, and what other programs of the origin do to it. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { BACKENDS, Browser } from "./browser.js";
import { openStore, openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

declare global {
  /** Databases of the page, as it opened them. */
  var databases: IDBDatabase[];
}

let server: StaticServer;
let browser: Browser;

before(async () => {
  server = await servePackage();
  browser = await Browser.start();
});

after(async () => {
  await browser.stop();
  await server.stop();
});

/** Opens a tab that keeps every database that it opens in `databases`. */
async function watchedTab(own = browser): Promise<Page> {
  const tab = await openTab(own, server.address);
  await tab.evaluate(() => {
    globalThis.databases = [];
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...parameters) {
      const request = open.apply(this, parameters);
      request.addEventListener("success", () => databases.push(request.result));
      return request;
    };
  });
  return tab;
}

for (const told of [true, false]) {
  test(`a connection that the browser ${told ? "closes" : "drops silently"} is opened again`, async () => {
    const tab = await watchedTab();
    await openStore(tab, `closed-${told}`);
    const found = await tab.evaluate(async (told) => {
      const drop = () => {
        const database = databases.at(-1);
        database?.close();
        if (told) database?.dispatchEvent(new Event("close"));
      };
      const thread = await store.threads.create({ name: "Kept" });
      drop();
      await thread.append([{ n: 0 }]);
      drop();
      const { items } = await thread.read();
      drop();
      await store.refresh();
      drop();
      const both = Promise.all([thread.append([{ n: 1 }]), thread.append([{ n: 2 }])]);
      await both;
      const numbers: number[] = [];
      for await (const { item } of thread.items<{ n: number }>()) numbers.push(item.n);
      return { items, numbers, opened: databases.length, findings: (await store.check()).findings };
    }, told);
    assert.equal(found.items, 1);
    assert.deepEqual(found.numbers, [0, 1, 2]);
    assert.ok(found.opened >= 4, `${found.opened}`);
    assert.deepEqual(found.findings, []);
  });
}

test("a transaction that the browser aborts is decided again, and nothing is doubled", async () => {
  const tab = await watchedTab();
  await openStore(tab, "aborted");
  const found = await tab.evaluate(async () => {
    const thread = await store.threads.create();
    const begin = IDBDatabase.prototype.transaction;
    let aborts = 0;
    IDBDatabase.prototype.transaction = function (...parameters) {
      const transaction = begin.apply(this, parameters);
      if (parameters[1] !== "readwrite") return transaction;
      aborts += 1;
      // Before its requests are issued, and after.
      if (aborts === 1) transaction.abort();
      if (aborts === 2) setTimeout(() => transaction.abort());
      return transaction;
    };
    await thread.append([{ n: 0 }]);
    IDBDatabase.prototype.transaction = begin;
    await thread.append([{ n: 1 }]);
    const numbers: number[] = [];
    for await (const { item } of thread.items<{ n: number }>()) numbers.push(item.n);
    return { aborts, numbers };
  });
  assert.ok(found.aborts >= 3, `${found.aborts}`);
  assert.deepEqual(found.numbers, [0, 1]);
});

test("a read that fails once is tried again, and one that fails for good says why", async () => {
  const tab = await watchedTab();
  await openStore(tab, "reads");
  const found = await tab.evaluate(async () => {
    const thread = await store.threads.create();
    await thread.append(Array.from({ length: 2000 }, (_, n) => ({ n, text: "x".repeat(500) })));
    await store.close();
    let failures = 1;
    let fail = (): unknown => {
      throw new DOMException("the disk", "UnknownError");
    };
    // TypeScript does not know all of them yet.
    const prototype = IDBObjectStore.prototype as unknown as Record<
      string,
      (...parameters: unknown[]) => unknown
    >;
    for (const method of ["get", "getAll", "getAllRecords"]) {
      const read = prototype[method];
      if (!read) continue;
      prototype[method] = function (...parameters: unknown[]) {
        failures -= 1;
        if (failures >= 0) fail();
        return read.apply(this, parameters);
      };
    }
    const again = await creel.Creel.open({ name: "reads" });
    const { items } = await again.threads.read(thread.id);
    await again.close();
    failures = 1000;
    const error = await creel.Creel.open({ name: "reads" }).catch((error) => error);
    fail = () => IDBKeyRange.bound("b", "a");
    const misused = await creel.Creel.open({ name: "reads" }).catch((error) => error);
    return { items, code: error.code, retryable: error.retryable, misused: misused.code };
  });
  assert.equal(found.items, 2000);
  assert.deepEqual([found.code, found.retryable], ["storage_unavailable", true]);
  // A call that is refused is no full disk, though both are a DataError.
  assert.equal(found.misused, "storage_unavailable");
});

test("a connection that is lost while it is opened again is opened once more", async () => {
  const tab = await watchedTab();
  await openStore(tab, "reopened");
  const found = await tab.evaluate(async () => {
    const { id } = await store.threads.create();
    const { open } = IDBFactory.prototype;
    const { transaction } = IDBDatabase.prototype;
    let aborted = 0;
    // As Chromium does when the site's data is cleared meanwhile.
    IDBFactory.prototype.open = function (...parameters) {
      const request = open.apply(this, parameters);
      if (aborted > 0) return request;
      aborted += 1;
      request.addEventListener("success", (event) => {
        event.stopImmediatePropagation();
        request.result.close();
        Object.defineProperty(request, "error", {
          value: new DOMException("The connection was closed.", "AbortError"),
        });
        request.dispatchEvent(new Event("error"));
      });
      return request;
    };
    IDBDatabase.prototype.transaction = () => {
      IDBDatabase.prototype.transaction = transaction;
      throw new DOMException("The database connection is closing.", "InvalidStateError");
    };
    await store.refresh();
    const thread = await store.threads.read(id);
    return { aborted, same: thread.id === id };
  });
  assert.deepEqual(found, { aborted: 1, same: true });
});

test("a newer database closes the store and is refused, one of the same hundred opens", async () => {
  const tab = await openTab(browser, server.address);
  await openStore(tab, "newer");
  const found = await tab.evaluate(async () => {
    const upgrade = (version: number) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open("creel:newer", version);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      });
    const code = (error: { code: string }) => error.code;
    const { id } = await store.threads.create({ name: "Kept" });
    await upgrade(150);
    const closed = await store.threads.create().catch(code);
    const again = await creel.Creel.open({ name: "newer" });
    const { name } = await again.threads.read(id);
    await again.close();
    await upgrade(200);
    return { closed, name, refused: await creel.Creel.open({ name: "newer" }).catch(code) };
  });
  assert.deepEqual(found, { closed: "closed", name: "Kept", refused: "schema_too_new" });
});

test("a database that another program holds is blocked, unless it lets go in time", async () => {
  const tab = await openTab(browser, server.address);
  const found = await tab.evaluate(async () => {
    // An earlier version, held by a page that hears no `versionchange`.
    const hold = (name: string) =>
      new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(`creel:${name}`, 50);
        request.onsuccess = () => resolve(request.result);
      });
    const [short, long, doomed] = [await hold("short"), await hold("long"), await hold("doomed")];
    setTimeout(() => short.close(), 500);
    const opened = await creel.Creel.open({ name: "short" });
    await opened.threads.create();
    await opened.close();
    const described = ({ code, retryable }: import("creel").CreelError) => `${code} ${retryable}`;
    const open = () => creel.Creel.open({ name: "long" }).catch(described);
    const [first, destroy] = await Promise.all([
      open(),
      creel.Creel.destroy("doomed").catch(described),
    ]);
    // Behind the first request, of which nothing more is heard.
    const second = await open();
    doomed.close();
    long.close();
    const later = await creel.Creel.open({ name: "long" });
    await later.threads.create();
    await later.close();
    return { first, second, destroy };
  });
  const blocked = "blocked true";
  assert.deepEqual(found, { first: blocked, second: blocked, destroy: blocked });
});

for (const backend of BACKENDS) {
  test(`on ${backend}, a store that the browser removes is said to be gone`, async (t) => {
    const own = await Browser.start(backend);
    t.after(() => own.stop());
    const tab = await openTab(own, server.address);
    const devtools = await own.context.newCDPSession(tab);
    const evict = async () => {
      const origin = new URL(server.address).origin;
      await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    };
    const open = () =>
      tab.evaluate(async () => {
        globalThis.store = await creel.Creel.open({ name: "evicted" });
        const { data } = await store.threads.list({ archived: "all" });
        return { evicted: store.evicted, threads: data.length };
      });
    assert.deepEqual(await open(), { evicted: false, threads: 0 });
    // An empty store is no loss.
    await tab.evaluate(() => store.close());
    await evict();
    assert.deepEqual(await open(), { evicted: false, threads: 0 });
    await tab.evaluate(() => store.threads.create());
    // While it is open:
    await evict();
    const codes = await tab.evaluate(async () => {
      const code = (error: { code: string }) => error.code;
      const refreshed = await store.refresh().catch(code);
      const created = await store.threads.create().catch(code);
      await store.close().catch(() => undefined);
      return [refreshed, created];
    });
    assert.deepEqual(codes, ["store_replaced", "store_replaced"]);
    assert.deepEqual(await open(), { evicted: true, threads: 0 });
    await tab.evaluate(() => store.close());
    assert.deepEqual(await open(), { evicted: true, threads: 0 }, "nothing is there yet");
    await tab.evaluate(async () => {
      await store.threads.create();
      await store.close();
    });
    assert.deepEqual(await open(), { evicted: false, threads: 1 });
    // While it is closed:
    await tab.evaluate(() => store.close());
    await evict();
    assert.deepEqual(await open(), { evicted: true, threads: 0 });
    // And removed on purpose:
    const removed = await tab.evaluate(async () => {
      await store.threads.create();
      await creel.Creel.destroy("evicted");
      const again = await creel.Creel.open({ name: "evicted" });
      await again.close();
      return again.evicted;
    });
    assert.equal(removed, false);
  });
}

test("a page that may keep nothing is told so, and has memory", async () => {
  const tab = await openTab(browser, server.address);
  const found = await tab.evaluate(async (address) => {
    const frame = document.createElement("iframe");
    frame.sandbox.add("allow-scripts");
    frame.srcdoc = `<script type="module">
      import { Creel } from "${address}creel/dist/index.js";
      const described = ({ name, code, retryable, message }) => ({ name, code, retryable, message });
      const wasm = "${address}creel/wasm/creel_bg.wasm";
      const opened = await Creel.open({ wasm }).catch(described);
      const others = [await Creel.stores().catch(described), await Creel.destroy("x").catch(described)];
      const memory = await Creel.open({ storage: "memory" });
      await memory.threads.create();
      const { data } = await memory.threads.list();
      const space = [await Creel.persist(), await Creel.estimate()];
      parent.postMessage({ opened, others: others.map(({ code }) => code), threads: data.length, space }, "*");
    </script>`;
    const answer = new Promise((resolve) =>
      addEventListener("message", ({ data }) => resolve(data)),
    );
    document.body.append(frame);
    return answer;
  }, server.address);
  const { opened, others, threads, space } = found as {
    opened: { name: string; code: string; retryable: boolean; message: string };
    others: string[];
    threads: number;
    space: [boolean, object];
  };
  assert.deepEqual(
    [opened.name, opened.code, opened.retryable],
    ["CreelError", "storage_unavailable", false],
  );
  assert.match(opened.message, /may not use IndexedDB.*"memory"/);
  assert.deepEqual(others, ["storage_unavailable", "storage_unavailable"]);
  assert.equal(threads, 1);
  assert.equal(space[0], false);
});

test("a browser without IndexedDB, or that throws at the mention of it, is told apart", async () => {
  const tab = await openTab(browser, server.address);
  const messages = await tab.evaluate(async () => {
    const described = ({ code, message }: import("creel").CreelError) => `${code}: ${message}`;
    const define = (descriptor: PropertyDescriptor) =>
      Object.defineProperty(globalThis, "indexedDB", { configurable: true, ...descriptor });
    define({ value: undefined });
    const none = await creel.Creel.open().catch(described);
    define({
      get() {
        throw new DOMException("no", "SecurityError");
      },
    });
    return [none, await creel.Creel.open().catch(described)];
  });
  assert.match(String(messages[0]), /^storage_unavailable: there is no IndexedDB here/);
  assert.match(String(messages[1]), /^storage_unavailable: this page may not use IndexedDB/);
});

test("space is told and persistence is asked for", async () => {
  const tab = await openTab(browser, server.address);
  await openStore(tab, "space");
  const { space, promised, asked } = await tab.evaluate(async () => {
    await store.threads.append((await store.threads.create()).id, [{ text: "x".repeat(100_000) }]);
    const promised = await creel.Creel.persist();
    const space = await creel.Creel.estimate();
    return { promised, space, asked: await navigator.storage.persisted() };
  });
  assert.ok(space.usage > 0 && space.quota > space.usage, JSON.stringify(space));
  assert.deepEqual([promised, space.persisted], [asked, asked]);
});
