/** Loading the module: each test has a process of its own, since a module is loaded once. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

async function prints(source: string): Promise<string> {
  const prelude = `
    import { readFileSync } from "node:fs";
    import { createServer } from "node:http";
    import { Creel, init } from "creel";
    const file = new URL(import.meta.resolve("creel/creel.wasm"));
    const works = async () => {
      const creel = await Creel.open({ storage: "memory" });
      await creel.threads.create();
      console.log((await creel.stats()).threads);
      await creel.close();
    };`;
  const args = ["--input-type=module", "--eval", `${prelude}\n${source}`];
  return (await run(process.execPath, args, { cwd: import.meta.dirname })).stdout.trim();
}

test("nothing has to be said in Node", async () => {
  assert.equal(await prints("await works();"), "1");
});

test("bytes, a compiled module and an address are taken", async () => {
  assert.equal(await prints("await init(readFileSync(file)); await works();"), "1");
  const compiled = "await init(await WebAssembly.compile(readFileSync(file))); await works();";
  assert.equal(await prints(compiled), "1");
  assert.equal(await prints("await init(file.href); await works();"), "1");
});

test("a response is taken, whatever its type says", async () => {
  const serving = (type: string) => `
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "${type}" }).end(readFileSync(file));
    });
    await new Promise((resolve) => server.listen(0, resolve));
    await init(fetch("http://localhost:" + server.address().port));
    server.close();
    await works();`;
  assert.equal(await prints(serving("application/wasm")), "1");
  assert.equal(await prints(serving("text/plain")), "1");
});

test("a second init and one at the same time are harmless", async () => {
  const source =
    "await Promise.all([init(), init(), works(), works()]); await init(); await works();";
  assert.equal(await prints(source), "1\n1\n1");
});

test("a failed load says why and may be tried again", async () => {
  const page = "new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })";
  const source = `
    const { code, message } = await init(${page}).catch((error) => error);
    console.log(code, message.includes("web page"));
    const gone = await init(new Response("", { status: 404 })).catch((error) => error);
    console.log(gone.code, gone.message.includes("404"));
    await works();`;
  assert.equal(await prints(source), "wasm_unavailable true\nwasm_unavailable true\n1");
});

test("without IndexedDB, the default storage says what to do", async () => {
  const source = `
    const error = await Creel.open().catch((error) => error);
    console.log(error.code, error.message.includes("memory"));`;
  assert.equal(await prints(source), "storage_unavailable true");
});
