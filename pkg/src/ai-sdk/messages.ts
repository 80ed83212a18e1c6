/** Chats of the AI SDK as threads: each `UIMessage` is an item, so that a preview comes by itself. */

import { safeValidateUIMessages, type ToolSet, type UIMessage } from "ai";
import type { Creel } from "../creel.js";
import { CreelError } from "../errors.js";
import { asCreelError } from "../live/observable.js";
import { same } from "../live/same.js";
import type { Draft, StoredItem } from "../threads.js";

/** A draft that was not kept for so long has no writer any more, in milliseconds. */
const ABANDONED_MS = 10_000;

/** Says how messages are loaded. */
export interface LoadOptions {
  /**
   * Whether an answer that a crash cut short is made a message of the chat: `true` unless given. One
   * that was written to in the last ten seconds is left to its writer.
   */
  recover?: boolean;
}

/** Says with what messages are validated, as `validateUIMessages` of the AI SDK takes it. */
export interface ValidateOptions
  extends Pick<Parameters<typeof safeValidateUIMessages>[0], "metadataSchema" | "dataSchemas"> {
  /** The tools, whose inputs and outputs are validated too. */
  tools?: ToolSet;
}

/**
 * Loads the messages of a chat, validated as the AI SDK does; an unknown thread has none.
 *
 * Items that are no messages are left out.
 *
 * ```js
 * const chat = new Chat({ id: thread.id, messages: await loadMessages(creel, thread.id), … });
 * ```
 *
 * @throws {CreelError} `thread_deleted`; `invalid_item` for messages that are not valid.
 */
export async function loadMessages<Message extends UIMessage = UIMessage>(
  creel: Creel,
  id: string,
  { recover = true, ...validate }: LoadOptions & ValidateOptions = {},
): Promise<Message[]> {
  return inTurn(creel, id, async () => {
    if (recover) await finishAbandoned(creel, id);
    const messages = (await stored(creel, id)).map(({ item }) => item);
    if (messages.length === 0) return [];
    const checked = await safeValidateUIMessages({ ...validate, messages } as Validation<Message>);
    if (checked.success) return checked.data;
    const reason = `the messages of thread ${id} are not valid: ${checked.error.message}`;
    throw new CreelError("invalid_item", reason, { cause: checked.error });
  });
}

/**
 * Makes the messages of a chat those that are given: what is there already stays as it is, what
 * differs from there on is cut off, and the rest is appended.
 *
 * A thread that is not there is created, if the chat's id is a UUID. For `onFinish` and `onEnd` of
 * the AI SDK, on a server too; `persistentTransport` does it by itself.
 *
 * @throws {CreelError} as `Threads.append` and `Threads.truncate`.
 */
export function saveMessages(
  creel: Creel,
  id: string,
  messages: readonly UIMessage[],
): Promise<void> {
  return inTurn(creel, id, () => save(creel, id, messages));
}

/** As `saveMessages`, for who has the turn. */
export async function save(
  creel: Creel,
  id: string,
  messages: readonly UIMessage[],
): Promise<void> {
  const before = await stored(creel, id, true);
  let common = 0;
  // Compared as they are kept: without what JSON has no word for.
  const plain = (message: UIMessage) => JSON.parse(JSON.stringify(message));
  while (
    common < Math.min(before.length, messages.length) &&
    same(before[common]?.item, plain(messages[common] as UIMessage))
  ) {
    common += 1;
  }
  const first = before[common];
  if (first) await creel.threads.truncate(id, first.seq);
  const rest = messages.slice(common);
  if (rest.length > 0) await creel.threads.append(id, rest);
}

type Validation<Message extends UIMessage> = Parameters<typeof safeValidateUIMessages<Message>>[0];

/** Runs one change of a chat after the other. */
export function inTurn<T>(creel: Creel, id: string, run: () => Promise<T>): Promise<T> {
  const turns = TURNS.get(creel) ?? new Map<string, Promise<unknown>>();
  TURNS.set(creel, turns);
  const result = (turns.get(id) ?? Promise.resolve()).then(run, run);
  const over = result
    .catch(() => undefined)
    .then(() => {
      if (turns.get(id) === over) turns.delete(id);
    });
  turns.set(id, over);
  return result;
}

const TURNS = new WeakMap<Creel, Map<string, Promise<unknown>>>();

/** The messages among the items of a thread, with their places. */
export async function stored(
  creel: Creel,
  id: string,
  create = false,
): Promise<StoredItem<UIMessage>[]> {
  const messages: StoredItem<UIMessage>[] = [];
  try {
    for await (const entry of creel.threads.open(id).items<UIMessage>({ limit: 1_000 })) {
      if (isMessage(entry.item)) messages.push(entry);
    }
  } catch (thrown) {
    if (asCreelError(thrown).code !== "thread_not_found") throw thrown;
    if (create) await creel.threads.create({ id });
  }
  return messages;
}

/** The messages that are being written, or were when a crash came. */
export async function drafted<Message extends UIMessage>(
  creel: Creel,
  id: string,
): Promise<Draft<Message>[]> {
  try {
    const drafts = await creel.threads.drafts<Message>(id);
    return drafts.filter(({ item }) => isMessage(item));
  } catch (thrown) {
    if (asCreelError(thrown).code === "thread_not_found") return [];
    throw thrown;
  }
}

async function finishAbandoned(creel: Creel, id: string): Promise<void> {
  for (const { id: draft, at, item } of await drafted(creel, id)) {
    if (Date.now() - at < ABANDONED_MS) continue;
    const messages = (await stored(creel, id)).map(({ item }) => item);
    // A draft that went on with the last message takes its place.
    if (messages.at(-1)?.id === item.id) {
      await save(creel, id, [...messages.slice(0, -1), item]);
      await creel.threads.dropDraft(id, draft);
    } else {
      await creel.threads.stream(id, item, { draft }).finish();
    }
  }
}

function isMessage(item: unknown): item is UIMessage {
  const { id, role, parts } = item as Partial<UIMessage>;
  return typeof id === "string" && typeof role === "string" && Array.isArray(parts);
}
