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
import { drafted, inTurn, save, stored } from "./messages.js";

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
  /** Lets the chat have the answer, and keeps it. */
  const kept = (
    id: string,
    answer: ReadableStream<UIMessageChunk>,
    begun: Begun<Message>,
  ): ReadableStream<UIMessageChunk> => {
    const [shown, own] = answer.pipeThrough(named(begun.before?.id)).tee();
    const over = record(creel, id, unbroken(own, begun.signal), begun)
      .catch(onError)
      .finally(() => recording.get(id) === over && recording.delete(id));
    recording.set(id, over);
    return shown;
  };
  return {
    ...(transport.resumeStreamIsReplay !== undefined && {
      resumeStreamIsReplay: transport.resumeStreamIsReplay,
    }),
    ...(transport.close && { close: () => transport.close?.() }),
    async sendMessages(request) {
      const { chatId, messages, abortSignal: signal } = request;
      // An answer that was stopped may still be on its way into the history.
      await recording.get(chatId);
      await inTurn(creel, chatId, () => save(creel, chatId, messages));
      const last = messages.at(-1);
      const before = last?.role === "assistant" ? last : undefined;
      return kept(chatId, await transport.sendMessages(request), { keepEvery, signal, before });
    },
    async reconnectToStream(request) {
      const answer = await transport.reconnectToStream(request);
      if (!answer) return null;
      const draft = (await drafted<Message>(creel, request.chatId)).at(-1);
      return kept(request.chatId, answer, { keepEvery, before: draft?.item, draft: draft?.id });
    },
  };
}

/** What is known of an answer when it begins. */
interface Begun<Message> {
  keepEvery: number | false | undefined;
  signal?: AbortSignal | undefined;
  /** The message that it goes on with: one that awaited a tool, or what a crash left of it. */
  before: Message | undefined;
  /** The draft that a crash left of it. */
  draft?: string | undefined;
}

async function record<Message extends UIMessage>(
  creel: Creel,
  id: string,
  answer: ReadableStream<UIMessageChunk>,
  { keepEvery, before, draft }: Begun<Message>,
): Promise<void> {
  let stream: ItemStream<Message> | undefined;
  // Whatever breaks the answer off is the chat's to tell; what came until then is kept. An answer
  // that is resumed is told from its beginning.
  const parts = readUIMessageStream<Message>({
    stream: answer,
    ...(before && !draft && { message: structuredClone(before) }),
    onError: () => undefined,
  });
  for await (const message of parts) {
    stream ??= creel.threads.stream(id, message, {
      ...(keepEvery !== undefined && { keepEvery }),
      ...(draft !== undefined && { draft }),
    });
    stream.update(message);
  }
  if (stream) await inTurn(creel, id, () => finish(creel, id, stream));
}

/** Makes a message of the chat of what came, in the place of the one that it went on with. */
async function finish<Message extends UIMessage>(
  creel: Creel,
  id: string,
  stream: ItemStream<Message>,
): Promise<void> {
  try {
    if (await replaced(creel, id, stream.item)) return await stream.discard();
    await stream.finish();
  } catch (thrown) {
    const { code } = asCreelError(thrown);
    // Whoever deletes the thread wants no answer any more.
    if (code === "thread_deleted") return stream.discard();
    // Another page took the draft for one that a crash left, and made a message of it.
    if (code !== "invalid_field" || !(await replaced(creel, id, stream.item))) throw thrown;
    await stream.discard();
  }
}

/** Replaces the message of the same id, if there is one, and what comes after it. */
async function replaced(creel: Creel, id: string, message: UIMessage): Promise<boolean> {
  const messages = (await stored(creel, id)).map(({ item }) => item);
  const place = messages.findIndex((one) => one.id === message.id);
  if (place >= 0) await save(creel, id, [...messages.slice(0, place), message]);
  return place >= 0;
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
