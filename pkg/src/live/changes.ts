/** Which changes concern which thread. */

import type { ChangeEvent } from "../../wasm/creel.js";

/** Tells whether a change is about the thread itself: its metadata, history, or existence. */
export function touches(event: ChangeEvent, id: string): boolean {
  switch (event.type) {
    case "created":
    case "appended":
    case "truncated":
    case "renamed":
    case "updated":
      return event.threadId === id;
    case "archived":
    case "unarchived":
    case "deleted":
    case "undeleted":
      return event.threadIds.includes(id);
    default:
      return false;
  }
}
