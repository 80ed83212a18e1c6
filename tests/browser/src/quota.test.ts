/** A browser that has no room: by its own count, and on a disk that is really full. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { BACKENDS, Browser } from "./browser.js";
import { openStore, openTab, servePackage } from "./scenario.js";
import type { StaticServer } from "./server.js";

let server: StaticServer;

before(async () => {
  server = await servePackage();
});

after(() => server.stop());

/** Appends until that is refused; says how, and what is there then. */
function fill(tab: Page, id: string) {
  return tab.evaluate(async (id) => {
    const thread = store.threads.open(id);
    const text = Array.from({ length: 50_000 }, () => Math.random().toString(36)[2]).join("");
    let written = 0;
    let refusal: import("creel").CreelError | undefined;
    while (!refusal && written < 3000) {
      const one = { n: written, text: text.slice(written % 1000) };
      await thread.append([one]).then(
        () => {
          written += 1;
        },
        (error) => {
          refusal = error;
        },
      );
    }
    const { items } = await thread.read();
    const numbers: number[] = [];
    for await (const { item } of thread.items<{ n: number }>()) numbers.push(item.n);
    const inOrder = numbers.every((n, at) => n === at);
    const { code, retryable, cause, message } = refusal ?? { code: "none" };
    const causeName = ((cause as Error | undefined)?.cause as Error | undefined)?.name;
    return { written, items, read: numbers.length, inOrder, code, retryable, message, causeName };
  }, id);
}

function newThread(tab: Page): Promise<string> {
  return tab.evaluate(async () => (await store.threads.create({ name: "Filling" })).id);
}

for (const backend of BACKENDS) {
  test(`on ${backend}, over its quota a store refuses whole appends and goes on when there is room`, async (t) => {
    const browser = await Browser.start(backend);
    t.after(() => browser.stop());
    const tab = await openTab(browser, server.address);
    const devtools = await browser.context.newCDPSession(tab);
    const { origin } = new URL(server.address);
    const limit = (quotaSize?: number) =>
      devtools.send("Storage.overrideQuotaForOrigin", {
        origin,
        ...(quotaSize === undefined ? {} : { quotaSize }),
      });
    // The browser looks at its limits anew every 30 seconds, so this one comes first.
    await limit(3_000_000);
    await openStore(tab, "quota");
    const id = await newThread(tab);
    const full = await fill(tab, id);
    t.diagnostic(JSON.stringify(full));
    assert.equal(full.code, "quota_exceeded", full.message);
    assert.equal(full.retryable, false);
    assert.equal(full.causeName, "QuotaExceededError");
    assert.ok(full.written > 3, `${full.written}`);
    assert.deepEqual([full.items, full.read, full.inOrder], [full.written, full.written, true]);
    await limit();
    await tab.evaluate(async (id) => {
      for (let n = 0; n < 120; n++) {
        const room = await store.threads.append(id, [{ n: "room" }]).catch(() => undefined);
        if (room) return;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      throw new Error("the room was not noticed in a minute");
    }, id);
    const after = await tab.evaluate(async (id) => {
      const thread = store.threads.open(id);
      const { items } = await thread.read();
      await thread.delete();
      const { findings } = await store.check();
      return { items, findings, left: (await store.threads.list()).data.length };
    }, id);
    assert.deepEqual(after, { items: full.written + 1, findings: [], left: 0 });
  });

  test(`on ${backend}, a store on a full disk refuses and keeps what it has`, async (t) => {
    let disk: string | undefined;
    const browser = await Browser.start(backend, (profile) => {
      disk = smallDisk(t, join(profile, "Default/IndexedDB"));
    });
    t.after(() => browser.stop());
    if (!disk) return t.skip("a file system can't be mounted, which takes root");
    let tab = await openTab(browser, server.address);
    await openStore(tab, "full");
    const id = await newThread(tab);
    const kept = await tab.evaluate(async (id) => {
      await store.threads.append(id, [{ n: 0, text: "kept" }]);
      return (await store.threads.create({ name: "Kept" })).id;
    }, id);
    occupy(disk, 200_000);
    const full = await tab.evaluate(async (id) => {
      const text = Array.from({ length: 200_000 }, () => Math.random().toString(36)[2]).join("");
      let written = 1;
      for (; written < 60; written++) {
        const error = await store.threads
          .append(id, [{ n: written, text }])
          .catch((error) => error);
        if (error instanceof Error) {
          const { code, message, retryable } = error as import("creel").CreelError;
          return { written, code, message, retryable, cause: String(error.cause) };
        }
      }
      return { written, code: "none" };
    }, id);
    t.diagnostic(JSON.stringify(full));
    assert.equal(full.code, "quota_exceeded", JSON.stringify(full));
    rmSync(join(disk, "filler"));
    await browser.restart();
    tab = await openTab(browser, server.address);
    await openStore(tab, "full");
    const found = await tab.evaluate(async (kept) => {
      const { data } = await store.threads.list();
      await store.threads.append(kept, [{ n: "after" }]);
      const { findings } = await store.check();
      return { findings, threads: data.length, items: (await store.threads.read(kept)).items };
    }, kept);
    assert.deepEqual(found, { findings: [], threads: 2, items: 1 });
    const { items } = await tab.evaluate((id) => store.threads.read(id), id);
    assert.equal(items, full.written);
  });
}

/** A small file system in memory for the browser's databases alone, where one can be mounted. */
function smallDisk(t: TestContext, directory: string): string | undefined {
  mkdirSync(directory, { recursive: true });
  try {
    const options = ["-t", "tmpfs", "-o", "size=16m", "tmpfs", directory];
    execFileSync("mount", options, { stdio: "ignore" });
  } catch {
    return undefined;
  }
  t.after(() => execFileSync("umount", ["-l", directory]));
  return directory;
}

/** Fills a disk but for `free` bytes. */
function occupy(disk: string, free: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const size = Math.max(bavail * bsize - free, 0);
  try {
    writeFileSync(join(disk, "filler"), new Uint8Array(size));
  } catch (error) {
    // The browser has written something meanwhile.
    if ((error as { code?: string }).code !== "ENOSPC") throw error;
  }
}
