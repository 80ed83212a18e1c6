// Reads an item of any of the shapes that agents write: Codex rollout lines, app-server thread items, and plain
// `{role, content}` or `{role, parts}` messages. What it does not know is shown as the JSON that it is.

export type ItemView =
  | { is: "message"; role: string; text: string }
  | { is: "reasoning"; text: string }
  | {
      is: "call";
      tool: string;
      summary: string;
      input?: string;
      output?: string;
      outcome?: string;
      failed?: boolean;
    }
  | { is: "output"; text: string }
  | { is: "note"; label: string; text: string }
  | { is: "unknown"; label: string };

type Json = unknown;
type Fields = { readonly [name in FieldName]?: Json };
type FieldName =
  | "action"
  | "aggregatedOutput"
  | "arguments"
  | "branch"
  | "changes"
  | "cli_version"
  | "command"
  | "content"
  | "cwd"
  | "diff"
  | "durationMs"
  | "error"
  | "exitCode"
  | "info"
  | "input"
  | "kind"
  | "message"
  | "model"
  | "name"
  | "output"
  | "parts"
  | "path"
  | "payload"
  | "prompt"
  | "query"
  | "result"
  | "role"
  | "server"
  | "status"
  | "summary"
  | "text"
  | "thinking"
  | "timestamp"
  | "tool"
  | "toolName"
  | "total_token_usage"
  | "total_tokens"
  | "type";

export function readItem(item: object): ItemView {
  const outer: Fields = item;
  const rollout =
    typeof outer.timestamp === "string" &&
    isObject(outer.payload) &&
    typeof outer.type === "string";
  if (rollout && isObject(outer.payload)) return readRollout(text(outer.type), outer.payload);
  if (typeof outer.role === "string") return readMessage(outer);
  return (
    readThreadItem(outer) ??
    readResponse(outer) ?? { is: "unknown", label: text(outer.type) || "item" }
  );
}

function readRollout(type: string, payload: Fields): ItemView {
  switch (type) {
    case "session_meta":
      return note("session", [
        payload.cwd,
        payload.cli_version && `Codex ${text(payload.cli_version)}`,
      ]);
    case "turn_context":
      return note("turn", [payload.model, payload.cwd]);
    case "event_msg":
      return readEvent(payload);
    case "response_item":
      return readResponse(payload) ?? { is: "unknown", label: text(payload.type) || type };
    default:
      return { is: "unknown", label: type };
  }
}

/** Events repeat for the screen what the responses say in full, so they are one quiet line each. */
function readEvent(event: Fields): ItemView {
  const type = text(event.type);
  if (type === "token_count" && isObject(event.info)) {
    const usage = event.info.total_token_usage;
    const total = isObject(usage) ? Number(usage.total_tokens) : Number.NaN;
    return note("tokens", [Number.isNaN(total) ? undefined : total.toLocaleString("en")]);
  }
  const repeated = ["user_message", "agent_message", "agent_reasoning"].includes(type);
  return note(type.replaceAll("_", " "), repeated ? [] : [event.message ?? event.text]);
}

function readResponse(item: Fields): ItemView | undefined {
  switch (text(item.type)) {
    case "message":
      return readMessage(item);
    case "reasoning":
      return {
        is: "reasoning",
        text: plain(item.summary) || plain(item.content) || "(not disclosed)",
      };
    case "function_call":
    case "custom_tool_call":
    case "local_shell_call": {
      const input = parsed(item.arguments ?? item.input ?? item.action);
      const tool =
        text(item.name) ||
        text(item.type)
          .replace(/_call$/, "")
          .replaceAll("_", " ");
      return { is: "call", tool, summary: summary(input), input: spelledOut(input) };
    }
    case "function_call_output":
    case "custom_tool_call_output":
      return { is: "output", text: plain(parsed(item.output)) || pretty(item.output) };
    case "web_search_call":
      return { is: "call", tool: "web search", summary: summary(item.action) };
    default:
      return undefined;
  }
}

function readThreadItem(item: Fields): ItemView | undefined {
  switch (text(item.type)) {
    case "userMessage":
      return { is: "message", role: "user", text: plain(item.content) };
    case "agentMessage":
      return { is: "message", role: "assistant", text: text(item.text) };
    case "plan":
      return { is: "message", role: "plan", text: text(item.text) };
    case "reasoning":
      return {
        is: "reasoning",
        text: plain(item.summary) || plain(item.content) || "(not disclosed)",
      };
    case "commandExecution": {
      const failed = typeof item.exitCode === "number" && item.exitCode !== 0;
      const time =
        typeof item.durationMs === "number" ? `${(item.durationMs / 1000).toFixed(1)} s` : "";
      const outcome = [failed && `exit ${text(item.exitCode)}`, time].filter(Boolean).join(" · ");
      return {
        is: "call",
        tool: "shell",
        summary: text(item.command),
        output: text(item.aggregatedOutput),
        outcome,
        failed,
      };
    }
    case "fileChange": {
      const changes = (Array.isArray(item.changes) ? item.changes : []).filter(isObject);
      return {
        is: "call",
        tool: "edit",
        summary: changes.map((change) => text(change.path)).join(", "),
        output: changes.map((change) => `${text(change.path)}\n${text(change.diff)}`).join("\n\n"),
      };
    }
    case "mcpToolCall":
      return {
        is: "call",
        tool: [text(item.server), text(item.tool)].filter(Boolean).join(" · "),
        summary: summary(item.arguments),
        input: pretty(item.arguments),
        output: item.error ? pretty(item.error) : plain(item.result) || pretty(item.result),
        failed: Boolean(item.error),
      };
    case "webSearch":
      return { is: "call", tool: "web search", summary: text(item.query) };
    case "collabAgentToolCall":
    case "collabToolCall":
      return { is: "call", tool: text(item.tool) || "sub-agent", summary: text(item.prompt) };
    default:
      return undefined;
  }
}

function readMessage(item: Fields): ItemView {
  const parts = Array.isArray(item.parts)
    ? item.parts
    : Array.isArray(item.content)
      ? item.content
      : undefined;
  const role = text(item.role);
  const words = plain(parts ?? item.content);
  const tool = parts?.find(
    (part): part is Fields => isObject(part) && /tool/i.test(text(part.type)),
  );
  if (tool && !words) {
    const result =
      tool.output ?? tool.result ?? (/result/i.test(text(tool.type)) ? tool.content : undefined);
    if (result !== undefined) return { is: "output", text: plain(result) || pretty(result) };
    const name = text(tool.name) || text(tool.toolName) || text(tool.type);
    return { is: "call", tool: name, summary: summary(tool.input), input: pretty(tool.input) };
  }
  if (role === "tool") return { is: "output", text: words || pretty(item.content) };
  return words ? { is: "message", role, text: words } : { is: "unknown", label: role || "message" };
}

function note(label: string, parts: Json[]): ItemView {
  return { is: "note", label, text: parts.map(text).filter(Boolean).join(" · ") };
}

/** The text in a string, in a content part, or in a list of them. */
function plain(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(plain).filter(Boolean).join("\n\n");
  if (!isObject(value)) return "";
  return text(value.text) || text(value.thinking) || plain(value.content) || plain(value.output);
}

/** What a call is about, in one line. */
function summary(input: Json): string {
  if (!isObject(input)) return typeof input === "string" ? (input.split("\n")[0] ?? "") : "";
  const command = input.command === undefined ? "" : spelledOut(input);
  const first = [command, input.query, input.path, input.prompt, input.message, input.name]
    .map(text)
    .find(Boolean);
  return first ?? JSON.stringify(input);
}

/** The whole of a call's input; of a shell command, the command as one would type it. */
function spelledOut(input: Json): string {
  const command = isObject(input) ? input.command : undefined;
  if (!Array.isArray(command)) return typeof command === "string" ? command : pretty(input);
  return command.length > 2 ? text(command.at(-1)) : command.map(text).join(" ");
}

function parsed(value: Json): Json {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export const pretty = (value: Json): string =>
  typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");

const text = (value: Json): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

const isObject = (value: Json): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
