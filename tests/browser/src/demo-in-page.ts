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

/** Adds up how far the layout jumps. */
export function recordShifts() {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      sum += (entry as PerformanceEntry & { value: number }).value;
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
