"use client";
/** Creel for assistant-ui: its list of threads, and the history of each. */

export { creelHistory, type ThreadOfHistory } from "./history.js";
export { type CreelThreadListOptions, creelThreadList } from "./thread-list.js";
