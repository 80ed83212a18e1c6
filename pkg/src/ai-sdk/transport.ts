/** A transport that keeps a chat: what is sent before it is sent, and the answer while it comes. */

import {
  type ChatTransport,
  generateId,
  readUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import type { Creel } from "../creel.js";
import { asCreelError } from "../live/observable.js";
import type { ItemStream } from "../live/streams.js";
import { inTurn, save } from "./messages.js";

/** Says how a chat is kept. */
export interface PersistentTransportOptions {
  /** How often the growing answer is kept, as `StreamOptions.keepEvery`. */
  keepEvery?: number | false;
  /**
   * Hears of an answer that could not be stored; the chat goes on without. Reported as uncaught
   * unless given.
   */
  onError?: (error: unknown) => void;
}

/**
 * Wraps a transport of the AI SDK so that the chat is kept in the thread of its id.
 *
 * The messages are stored before they are sent: one that can't be is not sent, and the error is the
 * chat's. Sending an edited message or regenerating cuts the history back first. The answer shows in
 * `creel.live.items` while it comes and is kept as a draft; at its end, also when the chat is
 * stopped or the connection breaks, what came is stored as one message.
 *
 * ```js
 * const transport = persistentTransport(creel, new DefaultChatTransport({ api: "/api/chat" }));
 * const messages = await loadMessages(creel, thread.id);
 * const chat = new Chat({ id: thread.id, messages, transport });
 * ```
 */
export function persistentTransport<Message extends UIMessage = UIMessage>(
  creel: Creel,
  transport: ChatTransport<Message>,
  options: PersistentTransportOptions = {},
): ChatTransport<Message> {
  const { onError = (error) => void Promise.reject(error), keepEvery } = options;
  const recording = new Map<string, Promise<void>>();
  return {
    ...(transport.resumeStreamIsReplay !== undefined && {
      resumeStreamIsReplay: transport.resumeStreamIsReplay,
    }),
    ...(transport.close && { close: () => transport.close?.() }),
    async sendMessages(request) {
      const { chatId, messages, abortSignal } = request;
      // An answer that was stopped may still be on its way into the history.
      await recording.get(chatId);
      await inTurn(creel, chatId, () => save(creel, chatId, messages));
      const last = messages.at(-1);
      const before = last?.role === "assistant" ? last : undefined;
      const answer = (await transport.sendMessages(request)).pipeThrough(named(before?.id));
      const [shown, kept] = answer.tee();
      const over = record(creel, chatId, unbroken(kept, abortSignal), {
        keepEvery,
        messages,
        before,
      })
        .catch(onError)
        .finally(() => recording.get(chatId) === over && recording.delete(chatId));
      recording.set(chatId, over);
      return shown;
    },
    // What is resumed was begun, and is stored, where it was sent from; the draft tells of it.
    reconnectToStream: (request) => transport.reconnectToStream(request),
  };
}

interface Recorder<Message> {
  keepEvery: number | false | undefined;
  messages: readonly Message[];
  /** The message that the answer goes on with, as after a tool's output. */
  before: Message | undefined;
}

async function record<Message extends UIMessage>(
  creel: Creel,
  id: string,
  answer: ReadableStream<UIMessageChunk>,
  { keepEvery, messages, before }: Recorder<Message>,
): Promise<void> {
  let stream: ItemStream<Message> | undefined;
  // Whatever breaks the answer off is the chat's to tell; what came until then is kept.
  const parts = readUIMessageStream<Message>({
    stream: answer,
    ...(before && { message: structuredClone(before) }),
    onError: () => undefined,
  });
  for await (const message of parts) {
    const growing = structuredClone(message);
    if (stream) stream.update(growing);
    else stream = creel.threads.stream(id, growing, keepEvery === undefined ? {} : { keepEvery });
  }
  if (stream) await inTurn(creel, id, () => finish(creel, id, stream, { messages, before }));
}

async function finish<Message extends UIMessage>(
  creel: Creel,
  id: string,
  stream: ItemStream<Message>,
  { messages, before }: Pick<Recorder<Message>, "messages" | "before">,
): Promise<void> {
  const { item } = stream;
  if (before) {
    await save(creel, id, [...messages.slice(0, -1), item]);
    return stream.discard();
  }
  try {
    await stream.finish();
  } catch (thrown) {
    // Another page took the draft for one that a crash left, and made a message of it.
    if (asCreelError(thrown).code !== "invalid_field") throw thrown;
    await save(creel, id, [...messages, item]);
    await stream.discard();
  }
}

/** Gives the answer an id where the server gave none, so that the chat and the store have the same. */
function named(id: string | undefined): TransformStream<UIMessageChunk, UIMessageChunk> {
  return new TransformStream({
    transform(chunk, controller) {
      const unnamed = chunk.type === "start" && chunk.messageId === undefined;
      controller.enqueue(unnamed ? { ...chunk, messageId: id ?? generateId() } : chunk);
    },
  });
}

/** Ends where the stream fails or is aborted. */
function unbroken<T>(
  stream: ReadableStream<T>,
  signal: AbortSignal | undefined,
): ReadableStream<T> {
  const reader = stream.getReader();
  const aborted = new Promise<{ done: true }>((resolve) => {
    signal?.addEventListener("abort", () => resolve({ done: true }), { once: true });
  });
  return new ReadableStream({
    async pull(controller) {
      const next = await Promise.race([reader.read(), aborted]).catch(() => ({
        done: true as const,
      }));
      if (!next.done) return controller.enqueue(next.value);
      controller.close();
      reader.cancel().catch(() => undefined);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
