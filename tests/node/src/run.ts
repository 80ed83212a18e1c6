/** Runs the tests in a Node that has node:sqlite: this one, or the one that npm installed for it. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const own = process.getBuiltinModule?.("node:sqlite") && process.execPath;
const { platform, arch } = process;
const installed = join(import.meta.dirname, `../node_modules/node-${platform}-${arch}/bin/node`);
const node = own ?? (existsSync(installed) ? installed : undefined);
if (!node) throw new Error(`these tests need Node 22.13 or newer, and this is ${process.version}`);

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.js"));
const paths = files.map((file) => join(import.meta.dirname, file));
const { status } = spawnSync(node, ["--test", ...paths], { stdio: "inherit" });
process.exitCode = status ?? 1;
