/** What the entries of a transcript say about their thread, for lists that people look at. */

import type { Thread, ThreadPatch } from "../../../wasm/creel.js";
import type { SessionStoreEntry } from "./contract.js";

/** What fits a name and a title, however many bytes a character takes. */
const MAX_CHARACTERS = 250;

/** What names and commands of the program are written as, which no person said. */
const MARKUP = /^\s*<[a-z-]+>/;

/** The fields that are looked at, whatever they hold. */
interface Fields extends SessionStoreEntry {
  agentType?: unknown;
  aiTitle?: unknown;
  customTitle?: unknown;
  cwd?: unknown;
  description?: unknown;
  finished?: unknown;
  isCompactSummary?: unknown;
  isMeta?: unknown;
  message?: unknown;
  parentAgentId?: unknown;
}

/** Returns what of `thread` the entries change: what is the same already is left out. */
export function observed(entries: readonly Fields[], thread: Thread): ThreadPatch {
  let { preview, cwd, title, name, model } = thread;
  for (const entry of entries) {
    const described = entry.type === "agent_metadata" ? entry.description : undefined;
    preview ||= said(entry);
    cwd ??= text(entry.cwd);
    title = (text(entry.aiTitle) ?? text(described))?.slice(0, MAX_CHARACTERS) ?? title;
    name = text(entry.customTitle)?.slice(0, MAX_CHARACTERS) ?? name;
    model = modelOf(entry) ?? model;
  }
  const seen = { preview, cwd, title, name, model };
  const changed = Object.entries(seen).filter(([field, value]) => {
    return value && value !== thread[field as keyof typeof seen];
  });
  return Object.fromEntries(changed);
}

/** Returns the newest metadata of a sub-agent among entries: its role, and whether it has ended. */
export function agentMetadata(entries: readonly Fields[]) {
  const [entry] = entries.filter(({ type }) => type === "agent_metadata").slice(-1);
  if (!entry) return undefined;
  return {
    role: text(entry.agentType),
    parentAgentId: text(entry.parentAgentId),
    finished: entry.finished === true,
  };
}

function said({ type, isMeta, isCompactSummary, message }: Fields): string {
  if (type !== "user" || isMeta === true || isCompactSummary === true) return "";
  const { content } = (message ?? {}) as { content?: unknown };
  const words = Array.isArray(content)
    ? content.map((block) => (block?.type === "text" ? (text(block.text) ?? "") : "")).join("\n")
    : (text(content) ?? "");
  return MARKUP.test(words) ? "" : words.trim();
}

function modelOf({ type, message }: Fields): string | undefined {
  const { model } = (message ?? {}) as { model?: unknown };
  const name = type === "assistant" ? text(model) : undefined;
  return name?.startsWith("<") ? undefined : name;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
