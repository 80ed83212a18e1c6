// What the tests of the demo run inside its page; each function stands alone there.

/** Notes how long each frame takes. */
export function recordFrames() {
  const times: number[] = [];
  let last = performance.now();
  let on = true;
  const frame = (now: number) => {
    times.push(now - last);
    last = now;
    if (on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return {
    stop() {
      on = false;
      return times;
    },
  };
}

/** Every write fails as it does on a full disk, for the quota that DevTools sets does not bind IndexedDB. */
export function fillTheDisk() {
  const { add, put } = IDBObjectStore.prototype;
  const full = (): never => {
    throw new DOMException("the quota is used up", "QuotaExceededError");
  };
  IDBObjectStore.prototype.add = full;
  IDBObjectStore.prototype.put = full;
  return {
    free() {
      IDBObjectStore.prototype.add = add;
      IDBObjectStore.prototype.put = put;
    },
  };
}

interface Shift {
  value: number;
  hadRecentInput: boolean;
}

/** Adds up how far the layout jumps of itself: what follows an input at once is what was asked for. */
export function recordShifts() {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & Shift)[]) {
      if (!entry.hadRecentInput) sum += entry.value;
    }
  }).observe({ type: "layout-shift" });
  return { sum: () => sum };
}

/** Notes every text that the first element of a selector shows. */
export function recordTexts(selector: string) {
  const texts: string[] = [];
  new MutationObserver(() => {
    const text = document.querySelector<HTMLElement>(selector)?.innerText;
    if (text !== undefined && text !== texts.at(-1)) texts.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  return { all: () => texts };
}

/** Writes a record that belongs nowhere into the demo's store, and garbage over the newest entry of its journal. */
export async function damage() {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await settled(indexedDB.open("creel:demo"));
  const table = (name: string) => database.transaction(name, "readwrite").objectStore(name);
  const newest = (await settled(table("journal").getAllKeys())).at(-1);
  if (newest === undefined) throw new Error("the journal is empty");
  const kept = await settled(table("journal").get(newest));
  await settled(table("journal").put(new TextEncoder().encode("{ not JSON"), newest));
  await settled(table("history").put(new Uint8Array([1, 2, 3]), "nonsense"));
  return {
    async undo() {
      await settled(table("journal").put(kept, newest));
      await settled(table("history").delete("nonsense"));
      database.close();
    },
  };
}

declare global {
  /** Tells the process of the test that it is time to kill the page. */
  var timeToDie: () => Promise<void>;
}

/**
 * Tells when the page has heard of its worker what is given, and keeps the page from hearing more,
 * from terminating the worker and from reloading: what is left is to be killed.
 */
export function dieWhenItHears(last: string) {
  const NOTED_MS = last === "grown" ? 50 : 0;
  let over = false;
  globalThis.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      this.addEventListener("message", (event) => {
        if (over) event.stopImmediatePropagation();
        if (over || event.data.is !== last) return;
        over = true;
        // What the page notes when it hears this takes a moment to leave its process.
        setTimeout(() => void timeToDie(), NOTED_MS);
      });
    }

    /** Nothing is asked of the worker any more: what it hears "grown" for is not decided yet. */
    override postMessage(message: unknown): void {
      if (!over) super.postMessage(message);
    }

    override terminate(): never {
      throw new Error("the plug stays in");
    }
  };
}

/** Keeps what the demo noted before the crash, before the demo reads it. */
export function keepNote() {
  const note = localStorage.getItem("creel-demo-plug");
  if (note !== null) sessionStorage.setItem("kept-note", note);
}

/** Notes it again, as if the page had died only now. */
export function putNoteBack() {
  localStorage.setItem("creel-demo-plug", sessionStorage.getItem("kept-note") ?? "");
}

/** Is to other tabs like a page that is about to delete a tree. */
export function pretendToPull(tree: { root: string | null; threads: number; items: number }) {
  const others = { threads: 0, items: 0 };
  const note = { ...tree, mill: tree.root, others, erased: 0 };
  localStorage.setItem("creel-demo-plug", JSON.stringify(note));
  return new Promise<void>((resolve) => {
    void navigator.locks.request("creel-demo-plug", () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
}

/** Cuts a history of the demo's store back with the package itself, and appends an item to it. */
export async function cutBack({ id, length, text }: { id: string; length: number; text: string }) {
  const at = new URL("./package/dist/index.js", location.href).href;
  const { Creel }: typeof import("creel") = await import(at);
  const creel = await Creel.open({ name: "demo" });
  const thread = creel.threads.open(id);
  await thread.truncate(length);
  await thread.append([{ type: "agentMessage", text }]);
  await creel.close();
}
