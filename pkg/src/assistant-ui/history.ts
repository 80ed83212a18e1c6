/**
 * The histories of assistant-ui as items of a thread: each message of a branch is one, with the id of
 * the message that it follows, so that every branch is kept.
 */

import type {
  ExportedMessageRepository,
  ExportedMessageRepositoryItem,
  GenericThreadHistoryAdapter,
  MessageFormatAdapter,
  ThreadHistoryAdapter,
  ThreadMessage,
} from "@assistant-ui/react";
import type { Creel } from "../creel.js";

/** The field of an item that holds what assistant-ui needs beside the message. */
const OWN = "assistantUi";
/** The format of messages that assistant-ui keeps as they are. */
const NATIVE = "assistant-ui/v1";

interface Own {
  id: string;
  parentId: string | null;
  format: string;
  runConfig?: unknown;
  /** Ids of messages that this item takes away, instead of being one. */
  deleted?: string[];
}

type Stored = Record<string, unknown> & { [OWN]?: Own };

/** What the history needs to know of the thread that it is for. */
export interface ThreadOfHistory {
  /** The thread's id, if it is there already. */
  known(): string | undefined;
  /** Makes the thread unless it is there. */
  initialize(): Promise<string>;
}

/**
 * Makes the history adapter of one thread; `creelThreadList` does it for every thread.
 *
 * A message that is changed is appended again and the later one counts; a deleted one is hidden from
 * the chat while its item stays in the history.
 */
export function creelHistory(creel: Creel, thread: ThreadOfHistory): ThreadHistoryAdapter {
  const append = async (format: string, payload: object, own: Omit<Own, "format">) => {
    await creel.threads.append(await thread.initialize(), [
      { ...payload, [OWN]: { ...own, format } },
    ]);
  };
  const remove = async (format: string, deleted: string[]) => {
    const id = thread.known();
    const own: Own = { id: "", parentId: null, format, deleted };
    if (id !== undefined) await creel.threads.append(id, [{ type: "messagesDeleted", [OWN]: own }]);
  };
  const write = ({ message, parentId, runConfig }: ExportedMessageRepositoryItem) => {
    const { id } = message;
    return append(NATIVE, message, { id, parentId, ...(runConfig && { runConfig }) });
  };
  return {
    async load() {
      const items = await read(creel, thread.known(), NATIVE);
      const messages = items.map(({ payload, own }): ExportedMessageRepositoryItem => {
        const { parentId, runConfig } = own;
        return {
          message: revived(payload),
          parentId,
          ...(runConfig !== undefined && { runConfig }),
        } as ExportedMessageRepositoryItem;
      });
      return { ...headed(items), messages } as ExportedMessageRepository;
    },
    append: write,
    update: write,
    delete: (items) =>
      remove(
        NATIVE,
        items.map(({ message }) => message.id),
      ),
    withFormat<Message, Storage extends Record<string, unknown>>(
      adapter: MessageFormatAdapter<Message, Storage>,
    ): GenericThreadHistoryAdapter<Message> {
      const { format } = adapter;
      const put = (item: { parentId: string | null; message: Message }) => {
        const own = { id: adapter.getId(item.message), parentId: item.parentId };
        return append(format, adapter.encode(item), own);
      };
      return {
        async load() {
          const items = await read(creel, thread.known(), format);
          const messages = items.map(({ payload, own: { id, parentId } }) =>
            adapter.decode({ id, parent_id: parentId, format, content: payload as Storage }),
          );
          return { ...headed(items), messages };
        },
        append: put,
        update: put,
        delete: (items) =>
          remove(
            format,
            items.map(({ message }) => adapter.getId(message)),
          ),
      };
    },
  };
}

interface Kept {
  own: Own;
  payload: Record<string, unknown>;
}

/** Reads the messages of a format that are not deleted; the last one of an id counts, in its first place. */
async function read(creel: Creel, id: string | undefined, format: string): Promise<Kept[]> {
  const kept = new Map<string, Kept>();
  if (id === undefined) return [];
  for await (const { item } of creel.threads.open(id).items<Stored>({ limit: 1_000 })) {
    const { [OWN]: own, ...payload } = item;
    if (own?.format !== format) continue;
    if (own.deleted) for (const gone of own.deleted) drop(kept, gone);
    else kept.set(own.id, { own, payload });
  }
  return [...kept.values()];
}

/** What followed a deleted message follows the one before it. */
function drop(kept: Map<string, Kept>, id: string): void {
  const gone = kept.get(id);
  if (!gone) return;
  kept.delete(id);
  for (const entry of kept.values()) {
    const { own } = entry;
    if (own.parentId === id) entry.own = { ...own, parentId: gone.own.parentId };
  }
}

/** The branch that was written to last is the one to show. */
function headed(items: readonly Kept[]): { headId?: string } {
  const last = items.at(-1);
  return last ? { headId: last.own.id } : {};
}

function revived(payload: Record<string, unknown>): ThreadMessage {
  const { createdAt } = payload;
  return { ...payload, createdAt: new Date(String(createdAt)) } as unknown as ThreadMessage;
}
