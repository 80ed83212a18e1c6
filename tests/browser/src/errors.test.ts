/** Failures in the browser: bad input, every error of the core, hosts that fail, a panic. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { StorageHost } from "creel";
import type { Page } from "playwright-core";
import { Browser } from "./browser.js";
import { loaded, openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

interface Described {
  name: string;
  code: string;
  retryable: boolean;
  message: string;
  cause: string | undefined;
}

interface TestingModule {
  sampleErrors(): (Error & Described)[];
  panic(): void;
}

let server: StaticServer;
let browser: Browser;
let tab: Page;

before(async () => {
  server = await servePackage();
  browser = await Browser.start();
  tab = await openTab(browser, `${server.address}testing`);
});

after(async () => {
  await browser.stop();
  await server.stop();
});

test("every error of the core keeps its code, whether to try again, and its cause", async () => {
  const errors = await tab.evaluate(async () => {
    await creel.init();
    const address = "/testing/wasm/creel.js";
    const { sampleErrors } = (await import(address)) as TestingModule;
    return sampleErrors().map((error) => ({
      isError: error instanceof Error,
      name: error.name,
      code: error.code,
      retryable: error.retryable,
      message: error.message,
      cause: error.cause === undefined ? undefined : String(error.cause),
    }));
  });
  const found = errors.map(({ code, retryable, cause }) => [code, retryable, cause]);
  assert.deepEqual(found, [
    ["invalid_thread_id", false, undefined],
    ["thread_not_found", false, undefined],
    ["thread_deleted", false, undefined],
    ["thread_archived", false, undefined],
    ["thread_not_archived", false, undefined],
    ["thread_ephemeral", false, undefined],
    ["thread_closed", false, undefined],
    ["thread_exists", false, undefined],
    ["parent_not_found", false, undefined],
    ["job_not_found", false, undefined],
    ["cycle", false, undefined],
    ["not_spawned", false, undefined],
    ["has_children", false, undefined],
    ["empty_name", false, undefined],
    ["invalid_field", false, undefined],
    ["out_of_range", false, undefined],
    ["invalid_item", false, undefined],
    ["too_large", false, undefined],
    ["invalid_cursor", false, undefined],
    ["plan_changed", false, undefined],
    ["erase_incomplete", true, undefined],
    ["not_undoable", false, undefined],
    ["undeleted", false, undefined],
    ["outcome_unknown", true, undefined],
    ["quota_exceeded", false, "Error: the disk is full"],
    ["store_replaced", false, undefined],
    ["closed", false, undefined],
    ["corrupt", false, undefined],
    ["conflict", true, undefined],
    ["blocked", true, undefined],
    ["schema_too_new", false, undefined],
    ["storage_unavailable", true, "Error: the disk is gone"],
    ["storage_unavailable", false, undefined],
    ["unknown_method", false, undefined],
  ]);
  for (const { isError, name, message } of errors) {
    assert.ok(isError && name === "CreelError" && message.length > 5, message);
  }
});

test("bad input is refused with its own code and writes nothing", async () => {
  const { codes, before, after, all } = await tab.evaluate(async () => {
    const store = await creel.Creel.open({ storage: "memory" });
    const { threads } = store;
    const root = await threads.create({ name: "Root" });
    const { token } = await root.planDelete();
    const child = await root.spawn();
    await root.append([{ n: 1 }]);
    const absent = "00000000-0000-4000-8000-000000000000";
    const before = await store.stats();
    const bad = <T>(value: unknown) => value as T;
    const calls: [string, () => Promise<unknown>][] = [
      ["invalid_thread_id", () => threads.read("nonsense")],
      ["invalid_thread_id", () => threads.read(bad(undefined))],
      ["invalid_thread_id", () => threads.create({ parentThreadId: "nonsense" })],
      ["invalid_thread_id", () => threads.list({ ancestorThreadId: "nonsense" })],
      ["thread_not_found", () => threads.read(absent)],
      ["thread_not_found", () => threads.append(absent, [{}])],
      ["parent_not_found", () => threads.create({ parentThreadId: absent })],
      ["thread_exists", () => threads.create({ id: root.id })],
      ["empty_name", () => root.rename(" ")],
      ["empty_name", () => threads.create({ name: "" })],
      ["too_large", () => root.rename("x".repeat(2000))],
      ["invalid_field", () => threads.create(bad({ name: 7 }))],
      ["invalid_field", () => threads.create(bad("name"))],
      ["invalid_field", () => threads.list(bad({ sortKey: "size" }))],
      ["out_of_range", () => threads.list({ limit: 5000 })],
      ["out_of_range", () => root.page({ limit: 0 })],
      ["invalid_cursor", () => threads.list({ cursor: "nonsense" })],
      ["invalid_cursor", () => root.page({ cursor: "nonsense" })],
      ["invalid_item", () => root.append(bad([1]))],
      ["invalid_item", () => root.append([{}, bad<object>(null)])],
      ["invalid_item", () => root.append([{ big: bad(1n) }])],
      ["invalid_item", () => root.append('{"a":1}\n{"b":')],
      ["invalid_field", () => root.append("[{},")],
      ["invalid_field", () => root.append(bad(7))],
      ["has_children", () => root.delete({ children: "refuse" })],
      ["invalid_field", () => root.delete({ plan: "nonsense" })],
      ["plan_changed", () => root.delete({ plan: token })],
      ["not_spawned", () => root.setEdgeStatus("closed")],
      ["invalid_field", () => child.setEdgeStatus(bad("ajar"))],
      ["invalid_field", () => creel.Creel.open({ storage: "memory", durability: bad("firm") })],
      ["invalid_field", () => creel.Creel.open({ storage: bad("disk") })],
      ["invalid_field", () => creel.Creel.open({ name: "" })],
    ];
    const codes: [string, string][] = [];
    let all = true;
    for (const [expected, call] of calls) {
      const error = await call().then(
        () => ({ code: "none", message: `${call} succeeded` }),
        (error) => error,
      );
      all &&= error instanceof creel.CreelError && error.message !== "";
      codes.push([`${expected} ${call}`, `${error.code} ${call}`]);
    }
    const after = await store.stats();
    await store.close();
    return { codes, before, after, all };
  });
  for (const [expected, found] of codes) assert.equal(found, expected);
  assert.ok(all);
  assert.deepEqual(after, before);
});

test("the field that is refused is named with its value", async () => {
  const messages = await tab.evaluate(async () => {
    const { threads } = await creel.Creel.open({ storage: "memory" });
    const message = (error: Error) => error.message;
    return [
      await threads.list({ sortKey: "size" as "createdAt" }).catch(message),
      await threads.read("nonsense").catch(message),
    ];
  });
  assert.match(String(messages[0]), /^sortKey: .*size/);
  assert.match(String(messages[1]), /nonsense/);
});

test("a property that is undefined is left out, null clears", async () => {
  const names = await tab.evaluate(async () => {
    const { threads } = await creel.Creel.open({ storage: "memory" });
    const { id } = await threads.create({ name: "Kept", cwd: undefined } as { name: string });
    const kept = await threads.update(id, { name: undefined, cwd: "/" } as { cwd: string });
    const cleared = await threads.update(id, { name: null });
    return [kept.name, cleared.name];
  });
  assert.deepEqual(names, ["Kept", null]);
});

test("what a host throws comes out as the cause", async () => {
  const found = await tab.evaluate(async () => {
    const address = "/pages/map-host.js";
    const { MapHost } = (await import(address)) as typeof import("./pages/map-host.js");
    const full = Object.assign(new Error("no space"), { code: "quota_exceeded" });
    const host: StorageHost = new MapHost("full");
    const store = await creel.Creel.open({ storage: host });
    host.commit = async () => {
      throw full;
    };
    const error = await store.threads.create().catch((error) => error);
    return {
      code: error.code,
      same: error.cause === full,
      kind: error instanceof creel.CreelError,
    };
  });
  assert.deepEqual(found, { code: "quota_exceeded", same: true, kind: true });
});

test("a check names what does not belong in a store, and changes nothing", async () => {
  const { clean, found, again } = await tab.evaluate(async () => {
    const address = "/pages/map-host.js";
    const { MapHost } = (await import(address)) as typeof import("./pages/map-host.js");
    const store = await creel.Creel.open({ storage: new MapHost("checked") });
    const root = await store.threads.create();
    await root.append([{ n: 1 }, { n: 2 }]);
    await root.spawn();
    const clean = await store.check();
    const host: StorageHost = new MapHost("checked");
    const value = new TextEncoder().encode("stray");
    const stray = { type: "put", table: "history", key: "stray", value } as const;
    await host.commit({ checks: [], writes: [stray] }, "strict");
    const found = await store.check();
    const again = await store.check();
    await store.close();
    return { clean, found, again };
  });
  assert.deepEqual([clean.findings, clean.threads, clean.items], [[], 2, 2]);
  const findings = found.findings.map(({ code, key, threadId }) => [code, key, threadId]);
  assert.deepEqual(findings, [["stray_key", "history/stray", null]]);
  assert.deepEqual(again, found);
});

test("after a panic every call is refused, and opening again works", async () => {
  await tab.reload();
  await loaded(tab);
  const found = await tab.evaluate(async () => {
    const address = "/testing/wasm/creel.js";
    const { panic } = (await import(address)) as TestingModule;
    const address2 = "/pages/map-host.js";
    const { MapHost } = (await import(address2)) as typeof import("./pages/map-host.js");
    const host: StorageHost = new MapHost("panic");
    const store = await creel.Creel.open({ storage: host });
    const thread = await store.threads.create({ name: "Kept" });
    const list = store.live.threads();
    list.subscribe(() => undefined);
    await list.ready();
    const uncaught: string[] = [];
    addEventListener("error", ({ message }) => uncaught.push(message));
    addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));
    // A timer is set for the end of the grace.
    await (await store.threads.create()).delete({ grace: 60 });
    // This call waits for a host that answers when the module is gone.
    host.commit = () => new Promise((resolve) => setTimeout(resolve, 60));
    const code = (error: { code: string }) => error.code;
    const waiting = store.threads.create().catch(code);
    await new Promise((resolve) => setTimeout(resolve, 20));
    let trap = "";
    try {
      panic();
    } catch (error) {
      trap = (error as Error).constructor.name;
    }
    const codes = [await waiting, await thread.read().catch(code), await store.close().catch(code)];
    const again = await creel.Creel.open({ storage: new MapHost("panic") });
    const { name } = await again.threads.read(thread.id);
    await again.threads.create();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await again.close();
    const { error, threads } = list.getSnapshot();
    return { trap, codes, name, uncaught, live: [error?.code, threads.length] };
  });
  assert.deepEqual(found, {
    trap: "RuntimeError",
    codes: ["instance_dead", "instance_dead", "instance_dead"],
    name: "Kept",
    uncaught: [],
    live: ["instance_dead", 1],
  });
});
