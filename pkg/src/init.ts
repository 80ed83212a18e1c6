/**
 * Loads the WebAssembly module, once for the page, and replaces its instance after a panic.
 *
 * Nothing happens at import: the first `Creel.open` or `init` starts the work.
 */

import bind, { __wbg_reset_state as freshInstance, onThrown } from "../wasm/creel.js";
import { CreelError } from "./errors.js";
import { Instance } from "./instance.js";
import { nextTask } from "./task.js";

/** Names or holds the module: its address, a response with it, its bytes, or it compiled. */
export type InitInput =
  | string
  | URL
  | Response
  | BufferSource
  | WebAssembly.Module
  | Promise<Response | BufferSource | WebAssembly.Module>;

/** The ways in which the package brings its own module. */
interface Own {
  /** The address of the file, which is asked for when nothing else is at hand. */
  file?(): URL;
  /** The module itself, which wins over the file: who brings it may not fetch. */
  inline?(): InitInput;
}

/** What helps when the package's own file is not where the code looks for it. */
const ADVICE =
  'let the bundler emit "creel/creel.wasm" and give its address as `wasm`, ' +
  'or import from "creel/inline", which fetches nothing';

const own: Own = {};
let loading: Promise<void> | undefined;
let instance: Instance | undefined;

/**
 * Loads the module; `Creel.open` does it by itself.
 *
 * `input` defaults to the package's own file beside its code, which bundlers emit as an asset; in
 * Node it is read from disk. With `creel/inline`, it defaults to the module in the JavaScript. Once the module is loaded or loading, further calls wait for that and
 * their input is ignored. A failed load may be tried again.
 *
 * @throws {CreelError} `wasm_unavailable` when the module can't be had or is not WebAssembly.
 */
export function init(input?: InitInput): Promise<void> {
  loading ??= load(input).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Takes an entry's way to the package's own module; nothing is done with it before it is needed. */
export function provide(way: Own): void {
  Object.assign(own, way);
}

/** Returns a living instance. */
export async function living(input?: InitInput): Promise<Instance> {
  await init(input);
  instance ??= born();
  return instance;
}

function born(): Instance {
  const own = new Instance(() => {
    instance = undefined;
    // Not before the trap is over; after it, no timer finds the dead memory any more.
    queueMicrotask(freshInstance);
  });
  onThrown((thrown) => own.hear(thrown));
  return own;
}

async function load(input?: InitInput): Promise<void> {
  try {
    if (typeof WebAssembly !== "object") throw new Error("there is no WebAssembly here");
    const module = await (input === undefined ? ownModule() : compile(await input));
    // The browser ends its compiling in the page, and the first calls compile more.
    await nextTask();
    await bind({ module_or_path: module });
  } catch (cause) {
    const message = `Creel's WebAssembly can't be loaded: ${reason(cause)}`;
    throw new CreelError("wasm_unavailable", message, { retryable: true, cause });
  }
}

async function ownModule(): Promise<WebAssembly.Module> {
  if (own.inline) return compile(await own.inline());
  try {
    if (!own.file) throw new Error("the package's entry was left out of the bundle");
    return await compile(unmoved(own.file()));
  } catch (cause) {
    // What may not be compiled was found all the same.
    if (cause instanceof WebAssembly.CompileError) throw cause;
    throw new Error(`${reason(cause)}; ${ADVICE}`, { cause });
  }
}

/** Before its version 8, Vite's development server moves the code, and the file stays where it was. */
function unmoved({ href }: URL): string {
  return href.replace("/node_modules/.vite/wasm/", "/node_modules/creel/wasm/");
}

async function compile(
  input: string | URL | Response | BufferSource | WebAssembly.Module,
): Promise<WebAssembly.Module> {
  if (typeof input === "string" || input instanceof URL) {
    return compile(readFile(input) ?? (await download(input)));
  }
  if (input instanceof WebAssembly.Module) return input;
  if (!(typeof Response === "function" && input instanceof Response)) {
    return WebAssembly.compile(input as BufferSource);
  }
  if (!input.ok) throw new Error(`${input.url} answered ${input.status}`);
  // A server that calls the file anything but application/wasm is served by the second way.
  const again = input.clone();
  try {
    return await WebAssembly.compileStreaming(input);
  } catch {
    const bytes = new Uint8Array(await again.arrayBuffer());
    refuseText(bytes, input.url);
    return WebAssembly.compile(bytes);
  }
}

async function download(address: string | URL): Promise<Response> {
  try {
    return await fetch(address);
  } catch (cause) {
    // Browsers don't name what they could not fetch.
    throw new Error(`${address} can't be fetched: ${reason(cause)}`, { cause });
  }
}

function refuseText(bytes: Uint8Array, address: string): void {
  if (bytes[0] !== "<".charCodeAt(0)) return;
  throw new Error(`${address || "the response"} is a web page, not the module`);
}

/** Reads a file in Node, whose `fetch` knows no `file:`; no bundler sees the module's name. */
function readFile(input: string | URL): BufferSource | undefined {
  const address = String(input);
  if (!address.startsWith("file:")) return undefined;
  const { process } = globalThis as {
    process?: {
      getBuiltinModule?(name: string): { readFileSync(file: URL): Uint8Array<ArrayBuffer> };
    };
  };
  return process?.getBuiltinModule?.("node:fs").readFileSync(new URL(address));
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
