/**
 * Imports every entry of the package where each global that is not of the language itself is a trap,
 * and prints what was touched, what is new, and what was imported; then what a module that does touch
 * something is caught at. Entries for frameworks that are not installed are left out.
 */

import { readFileSync } from "node:fs";

const OF_THE_LANGUAGE = new Set(
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date
  Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError
  URIError globalThis JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array
  Uint32Array Int32Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array
  DataView Map BigInt Set Iterator WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry
  SharedArrayBuffer decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval
  isFinite isNaN`.split(/\s+/),
);
/** Converters of text, which know nothing of the machine. */
const HARMLESS = new Set(["TextDecoder", "TextEncoder"]);
const OF_BROWSERS = `window self document location indexedDB localStorage sessionStorage navigator
  Worker SharedWorker BroadcastChannel MessageChannel caches`.split(/\s+/);

const touched = new Set();
const trapped = new Set([...Object.getOwnPropertyNames(globalThis), ...OF_BROWSERS]);
for (const name of trapped) {
  if (OF_THE_LANGUAGE.has(name) || HARMLESS.has(name)) continue;
  const value = globalThis[name];
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      if (isModule(new Error().stack)) touched.add(name);
      return value;
    },
  });
}

/** Tells what a module does from what Node does, which loads parts of itself late. */
function isModule(stack) {
  return stack.includes("/node_modules/creel/") || stack.includes("/touching.js");
}

const before = new Set(Object.getOwnPropertyNames(globalThis));

const manifest = JSON.parse(readFileSync("node_modules/creel/package.json", "utf8"));
const entries = [];
for (const [path, target] of Object.entries(manifest.exports)) {
  if (typeof target === "string") continue;
  try {
    await import(path.replace(/^\./, "creel"));
    entries.push(path);
  } catch (error) {
    const peers = Object.keys(manifest.peerDependencies ?? {});
    const [, missing] = /^Cannot find package '(.+?)'/.exec(error.message) ?? [];
    if (!peers.includes(missing)) throw error;
  }
}

const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
const seen = [...touched];
await import("./touching.js");
const caught = [...touched];
console.log(JSON.stringify({ touched: seen, added, entries, caught }));
