import { defineConfig } from "vitest/config";

export default defineConfig({
  // The validation suite of LangGraph finds `describe`, `it` and `expect` in the globals.
  test: { include: ["src/*.spec.ts"], globals: true },
});
