/**
 * A server that speaks Anthropic's Messages API and plays the model, so that the real program of the
 * Claude Agent SDK runs its own loop without a network.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Carries what the program asks: the conversation so far. */
export interface Asked {
  model: string;
  stream?: boolean;
  system?: unknown;
  tools?: { name: string }[];
  messages: { role: string; content: string | Block[] }[];
}

/** Carries a piece of a message, asked or answered. */
export type Block =
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: object }
  | { type: "tool_result"; tool_use_id: string; content: unknown };

/** Serves until it is closed; `answer` decides what the model says. */
export async function playAnthropic(answer: (asked: Asked) => Block[]) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    respond(request, response, (question) => {
      asked.push(question);
      return answer(question);
    }).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Returns everything that was said in a conversation, as one text. */
export function spoken({ messages }: Asked): string {
  return JSON.stringify(messages);
}

/** Tells whether a tool has answered already. */
export function hasResult({ messages }: Asked): boolean {
  return messages.some(({ content }) => {
    return Array.isArray(content) && content.some(({ type }) => type === "tool_result");
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (asked: Asked) => Block[],
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  if (request.method !== "POST" || !request.url?.startsWith("/v1/messages?")) {
    response.writeHead(request.method === "HEAD" ? 200 : 404).end();
    return;
  }
  const asked: Asked = JSON.parse(Buffer.concat(pieces).toString());
  const blocks = answer(asked);
  const stop_reason = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  const id = `msg_${crypto.randomUUID()}`;
  const usage = { input_tokens: 1, output_tokens: 1 };
  const whole = { id, type: "message", role: "assistant", model: asked.model, stop_sequence: null };
  if (!asked.stream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...whole, content: blocks, stop_reason, usage }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  send("message_start", { message: { ...whole, content: [], stop_reason: null, usage } });
  for (const [index, block] of blocks.entries()) {
    const [started, delta] = begun(block);
    send("content_block_start", { index, content_block: started });
    send("content_block_delta", { index, delta });
    send("content_block_stop", { index });
  }
  send("message_delta", { delta: { stop_reason, stop_sequence: null }, usage });
  send("message_stop", {});
  response.end();
}

function begun(block: Block): [started: object, delta: object] {
  if (block.type === "tool_use") {
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
    return [{ ...block, input: {} }, delta];
  }
  const text = block.type === "text" ? block.text : "";
  return [
    { type: "text", text: "" },
    { type: "text_delta", text },
  ];
}
