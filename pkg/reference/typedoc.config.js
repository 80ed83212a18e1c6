/**
 * The reference of every entry that the package exports; the variable DOCS says where to write it.
 *
 * It has packages of its own, since TypeDoc builds on another compiler than the package is built with.
 */

import { readFileSync } from "node:fs";

const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const sources = Object.values(exports)
  .filter((target) => target.types)
  .map(({ types }) => types.replace("./dist/", "../src/").replace(/\.d\.ts$/, ".ts"));

export default {
  name: "Creel",
  entryPoints: sources,
  tsconfig: "tsconfig.json",
  readme: "../README.md",
  out: process.env.DOCS ?? "../../target/docs/js",
  excludeInternal: true,
  disableSources: true,
  githubPages: false,
  hideGenerator: true,
  highlightLanguages: ["bash", "html", "javascript", "json", "jsx", "tsx", "typescript"],
  // Fields whose names say all need no sentence; everything else does.
  requiredToBeDocumented: [
    "Class",
    "Constructor",
    "Interface",
    "TypeAlias",
    "Function",
    "Method",
    "Accessor",
    "Variable",
    "Enum",
  ],
  // Only what is `@internal` in the live objects has to do with it.
  intentionallyNotExported: ["Hub"],
  // What the classes of others say of themselves links to others' pages.
  externalSymbolLinkMappings: { "@langchain/langgraph-checkpoint": { "*": "#" } },
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
