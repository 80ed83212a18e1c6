/**
 * Pages that may do little: under the content security policy of a VS Code webview, in a frame that
 * has no origin, opened from a file. `creel/inline` works in all of them.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { StaticServer } from "../server.js";
import { Project } from "./project.js";
import { grow, shows, Visitor } from "./visitor.js";

const NONCE = "R5bZkZ9q1M3o";
const ADVICE = 'import from "creel/inline", which fetches nothing';

/** A page under the policy that VS Code's guide gives webviews, with WebAssembly allowed or not. */
function webview(script: string, wasm = " 'wasm-unsafe-eval'"): string {
  const policy = `default-src 'none'; script-src 'nonce-${NONCE}'${wasm}`;
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}">
    <body><script nonce="${NONCE}" ${script}></script>`;
}

let project: Project;
let server: StaticServer;

before(async () => {
  project = await Project.make("webview");
  await project.build("dist");
  server = await StaticServer.start(
    { "": project.directory },
    {
      "/bundled": webview('src="/dist/main.js"'),
      "/unbundled": webview('type="module" src="/src/unbundled.js"'),
      "/fetching": webview('src="/dist/fetching.js"'),
      "/unbundled-fetching": webview('type="module" src="/src/unbundled-fetching.js"'),
      "/without-wasm": webview('src="/dist/main.js"', ""),
      "/frames": `<!doctype html><link rel="icon" href="data:,">
        <iframe sandbox="allow-scripts" src="/frame"></iframe>`,
      "/frame": '<!doctype html><body><script src="/dist/opaque.js"></script>',
    },
  );
});

after(() => server?.stop());

test("a webview that may fetch nothing keeps a store, bundled or not", async (t) => {
  const visitor = await Visitor.start(t);
  for (const page of ["bundled", "unbundled"]) {
    const requests = await visitor.play(server.address + page);
    const modules = requests.filter((address) => address.endsWith(".wasm"));
    assert.deepEqual(modules, [], page);
  }
});

test("a webview that would have to fetch is told what to import instead", async (t) => {
  const visitor = await Visitor.start(t);
  const bundled = await visitor.open(`${server.address}fetching`);
  const failed = bundled.page.locator("#state", { hasText: ADVICE });
  await failed.waitFor({ timeout: 10_000 });
  const unbundled = await visitor.open(`${server.address}unbundled-fetching`);
  const told = unbundled.page.locator("#state", { hasText: ADVICE });
  await told.waitFor({ timeout: 10_000 });
  assert.match((await told.textContent()) ?? "", /wasm\/creel_bg\.wasm can't be fetched/);
});

test("a policy that forbids WebAssembly is named", async (t) => {
  const visitor = await Visitor.start(t);
  const { page } = await visitor.open(`${server.address}without-wasm`);
  const state = page.locator("#state", { hasText: "failed" });
  const text = (await state.textContent({ timeout: 10_000 })) ?? "";
  assert.match(text, /^failed: wasm_unavailable .*Content Security Policy/i);
  assert.ok(!text.includes(ADVICE), text);
});

test("a frame without an origin is told that it has no IndexedDB, and keeps a store in memory", async (t) => {
  const visitor = await Visitor.start(t);
  const { page, complaints } = await visitor.open(`${server.address}frames`);
  const frame = page.frame({ url: `${server.address}frame` });
  assert.ok(frame);
  await shows(frame, "0 threads, 0 items");
  const said =
    'CreelError storage_unavailable: this page may not use IndexedDB: give `storage: "memory"` or a host of your own';
  assert.deepEqual(await frame.locator("pre").allTextContents(), [said, said, said]);
  await grow(frame);
  await frame.click("text=remove");
  await shows(frame, "0 threads, 0 items");
  // Beside throwing, Chromium's own `databases()` leaves a promise behind that nobody was given.
  const own = complaints.filter((complaint) => complaint !== "Uncaught (in promise) undefined");
  assert.deepEqual(own, []);
});

test("a page opened from a file keeps a store", async (t) => {
  const visitor = await Visitor.start(t);
  await visitor.play(pathToFileURL(join(project.directory, "index.html")).href);
});
