// Short messages in the corner: what was done, and what failed with the code that the store gave it.

import { CreelError } from "creel";
import { createSignal, For, Show } from "solid-js";
import { Portal } from "solid-js/web";
import { Icon } from "./icons.tsx";

interface Toast {
  id: number;
  tone: "done" | "failed";
  title: string;
  detail?: string;
  code?: string;
}

const [toasts, setToasts] = createSignal<Toast[]>([]);
const STAYS_MS = 6000;
let made = 0;

export function tell(title: string, detail?: string): void {
  const id = push({ tone: "done", title, ...(detail && { detail }) });
  setTimeout(() => dismiss(id), STAYS_MS);
}

/** Errors stay until someone has read them. */
export function tellError(title: string, error: unknown): void {
  const known = describe(error);
  push({ tone: "failed", title, detail: known.text, ...(known.code && { code: known.code }) });
}

/** What can be said of any error: its code, if it is one of the store's, and a sentence that helps. */
export function describe(error: unknown): { code?: string; text: string } {
  if (error instanceof CreelError) {
    return { code: error.code, text: ADVICE[error.code] ?? sentence(error.message) };
  }
  return { text: error instanceof Error ? sentence(error.message) : String(error) };
}

const ADVICE: Record<string, string> = {
  quota_exceeded:
    "The browser gives this site no more space. Nothing was changed. Delete a tree, or free some disk space.",
  blocked: "Another tab holds the store with an older version of this page. Close or reload it.",
  closed: "The connection to the store was closed. Reload the page.",
  instance_dead:
    "The store stopped after an internal failure. Your threads are safe; reload the page.",
  store_replaced: "The store was replaced by another one. Reload the page.",
  schema_too_new: "The store was written by a newer version of this page. Reload the page.",
  storage_unavailable:
    "The browser's storage does not answer. In a private window it may be switched off.",
  thread_deleted: "The thread was deleted, perhaps in another tab, and stays deleted.",
  not_undoable: "Its erasing has begun, or its parent is deleted too.",
  plan_changed: "The tree has changed since the preview. Look at it again.",
};

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, ".");

function push(toast: Omit<Toast, "id">): number {
  made += 1;
  const id = made;
  setToasts((before) => [...before.slice(-3), { ...toast, id }]);
  return id;
}

function dismiss(id: number): void {
  setToasts((before) => before.filter((toast) => toast.id !== id));
}

/** Where everything goes that lies over the page's corner: `notices` of `index.html`. */
export const noticesPlace = (): HTMLElement => document.getElementById("notices") ?? document.body;

export function Toasts() {
  return (
    <Portal mount={noticesPlace()}>
      <div class="toasts" aria-live="polite">
        <For each={toasts()}>
          {(toast) => (
            <div
              class="toast"
              classList={{ failed: toast.tone === "failed" }}
              role={toast.tone === "failed" ? "alert" : undefined}
            >
              <div>
                <strong>{toast.title}</strong>
                <Show when={toast.detail}>
                  <p>{toast.detail}</p>
                </Show>
                <Show when={toast.code}>
                  <code>{toast.code}</code>
                </Show>
              </div>
              <button
                type="button"
                class="quiet icon"
                aria-label="Dismiss"
                onClick={() => dismiss(toast.id)}
              >
                <Icon name="close" />
              </button>
            </div>
          )}
        </For>
      </div>
    </Portal>
  );
}
