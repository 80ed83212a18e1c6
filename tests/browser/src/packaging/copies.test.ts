/**
 * Two copies of the package on a page, as two parts of an application may bring them: each has a
 * module of its own, and to each the other is what another tab is.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { StaticServer } from "../server.js";
import { Project } from "./project.js";
import { type Visit, Visitor } from "./visitor.js";

type Package = typeof import("creel");
type IndexedDb = typeof import("creel/indexeddb");

const PAGE = '<!doctype html><title>Copies</title><link rel="icon" href="data:,">';

let server: StaticServer;

before(async () => {
  const { directory } = await Project.make("plain");
  const installed = `${directory}/node_modules/creel`;
  server = await StaticServer.start({ one: installed, two: installed }, { "/": PAGE });
});

after(() => server?.stop());

/** Opens a page, and says how many modules it has fetched. */
async function visit(
  visitor: Visitor,
): Promise<{ page: Page; complaints: Visit["complaints"]; modules(): number }> {
  const { page, complaints, requests } = await visitor.open(server.address);
  const modules = () => requests.filter((address) => address.endsWith(".wasm")).length;
  return { page, complaints, modules };
}

test("two copies have one store open, hear of each other and lose nothing", async (t) => {
  const { page, complaints, modules } = await visit(await Visitor.start(t));
  const result = await page.evaluate(async () => {
    const load = (path: string): Promise<Package> => import(path);
    const [one, two] = await Promise.all([load("/one/dist/index.js"), load("/two/dist/index.js")]);
    await Promise.all([one.init(), two.init(), one.init(), two.init()]);
    const [first, second] = await Promise.all([
      one.Creel.open({ name: "copies" }),
      two.Creel.open({ name: "copies" }),
    ]);
    const heard = new Promise<string>((resolve) => {
      second.on("thread/deleted", ({ threadId }) => resolve(threadId));
    });
    const root = await first.threads.create({ name: "shared" });
    await second.refresh();
    const same = second.threads.open(root.id);
    const note = (text: string) => [{ type: "note", text }];
    const writes = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? root : same).append(note(`note ${n}`)),
    );
    await Promise.all(writes);
    await second.refresh();
    const { items } = await same.read();
    await root.delete();
    const deleted = (await heard) === root.id;
    const refused = await same.append(note("late")).catch((error) => error);
    await first.close();
    const left = (await second.threads.list()).data.length;
    await second.close();
    const own = refused instanceof two.CreelError && !(refused instanceof one.CreelError);
    return { items, deleted, code: refused.code, own, left, apart: one.Creel !== two.Creel };
  });
  const code = "thread_deleted";
  assert.deepEqual(result, { items: 20, deleted: true, code, own: true, left: 0, apart: true });
  assert.equal(modules(), 2);
  assert.deepEqual(complaints, []);
});

test("a host of one copy serves a store of the other, conflicts included", async (t) => {
  const { page } = await visit(await Visitor.start(t));
  const result = await page.evaluate(async () => {
    const load = <T>(path: string): Promise<T> => import(path);
    const { IndexedDbHost } = await load<IndexedDb>("/one/dist/indexeddb/index.js");
    const { Creel } = await load<Package>("/two/dist/index.js");
    const open = async () => Creel.open({ storage: await IndexedDbHost.open("hosted") });
    const [first, second] = await Promise.all([open(), open()]);
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 ? first : second).threads.create()),
    );
    await first.refresh();
    const { data } = await first.threads.list();
    await Promise.all([first.close(), second.close()]);
    return [made.length, data.length];
  });
  assert.deepEqual(result, [10, 10]);
});

test("the entry with the module inside is the main entry's Creel, and neither fetches", async (t) => {
  const { page, modules } = await visit(await Visitor.start(t));
  const result = await page.evaluate(async () => {
    const load = (path: string): Promise<Package> => import(path);
    const main = await load("/one/dist/index.js");
    const inline = await load("/one/dist/inline.js");
    const creel = await main.Creel.open({ storage: "memory" });
    await inline.init();
    await creel.threads.create();
    const { threads } = await creel.stats();
    await creel.close();
    return { same: main.Creel === inline.Creel, threads };
  });
  assert.deepEqual(result, { same: true, threads: 1 });
  assert.equal(modules(), 0);
});

test("the entry with the module inside gets on with another copy's main entry", async (t) => {
  const { page, modules } = await visit(await Visitor.start(t));
  const threads = await page.evaluate(async () => {
    const load = (path: string): Promise<Package> => import(path);
    const [inline, main] = await Promise.all([
      load("/one/dist/inline.js"),
      load("/two/dist/index.js"),
    ]);
    const [first, second] = await Promise.all([
      inline.Creel.open({ name: "mixed" }),
      main.Creel.open({ name: "mixed" }),
    ]);
    await Promise.all([first.threads.create(), second.threads.create()]);
    await Promise.all([first.refresh(), second.refresh()]);
    const counts = await Promise.all([first.stats(), second.stats()]);
    await Promise.all([first.close(), second.close()]);
    return counts.map(({ threads }) => threads);
  });
  assert.deepEqual(threads, [2, 2]);
  assert.equal(modules(), 1);
});
