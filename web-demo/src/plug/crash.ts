// What a page finds that comes after a crash, read before anything else so that it is what the crash left behind, and
// how the store gets from there to the end.

import { type CheckReport, type Creel, CreelError, type Receipt } from "creel";
import { createSignal, onCleanup } from "solid-js";
import { counted } from "../format.ts";
import { type Held, others } from "./messages.ts";
import { dropNote, type Note, readNote, writerIsGone } from "./note.ts";

export interface Crash {
  note: Note;
  foundAt: number;
  /** Whether the deletion was decided before the crash: then nothing of the tree is to be seen. */
  decided: boolean;
  /** When it was decided, if it was still pending. */
  decidedAt: number | undefined;
  /** What reading the root of the tree answered. */
  answer: string | undefined;
  /** How many threads were erased already. */
  erased: number;
}

/** Returns what a crash left, if a page died while it deleted. */
export async function findCrash(creel: Creel): Promise<Crash | undefined> {
  const note = readNote();
  if (!note) return undefined;
  const pending = (await creel.pendingDeletions()).find(({ root }) => root === note.root);
  const answer = await creel.threads.read(note.root).then(
    () => undefined,
    (error: unknown) => (error instanceof CreelError ? error.code : String(error)),
  );
  // It answers for a finished deletion too, whose tree may be larger than what the store remembers by name.
  const receipt = await creel.threads.receipt(note.root).catch(() => undefined);
  const foundAt = Date.now();
  if (!(await writerIsGone())) return undefined;
  const decided = pending !== undefined || receipt !== undefined;
  if (answer !== undefined && !decided) {
    // The store is another one than the note speaks of.
    dropNote();
    return undefined;
  }
  const erased = pending?.erased ?? (decided ? note.threads : 0);
  return { note, foundAt, decided, decidedAt: pending?.deletedAt, answer, erased };
}

/** What is known of the way from the crash to the end; each part is there when it has come. */
export interface Recovery {
  erased(): number;
  receipt(): Receipt | undefined;
  report(): CheckReport | undefined;
  /** What else the store holds now. */
  others(): Held | undefined;
}

const LOOK_MS = 40;

export function followRecovery(
  creel: Creel,
  crash: Crash,
  onError: (error: unknown) => void,
): Recovery {
  const [erased, setErased] = createSignal(crash.erased);
  const [receipt, setReceipt] = createSignal<Receipt>();
  const [report, setReport] = createSignal<CheckReport>();
  const [rest, setRest] = createSignal<Held>();
  let alive = true;
  onCleanup(() => {
    alive = false;
  });

  async function follow(): Promise<void> {
    const { root, threads, items, mill } = crash.note;
    while (crash.decided && alive) {
      const pending = (await creel.pendingDeletions()).find((it) => it.root === root);
      if (!pending) break;
      setErased(pending.erased);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (!alive) return;
    if (crash.decided) {
      setErased(threads);
      setReceipt(await creel.threads.receipt(root));
    }
    setReport(await creel.check());
    setRest(await (crash.decided ? others(creel, 0, 0) : others(creel, threads, items)));
    const erased = counted(receipt()?.removed.threads ?? 0, "thread");
    const text = crash.decided
      ? `The page died, and the next one finished it: ${erased} erased, nothing of them left.`
      : "The page died before the deletion was decided: everything is still there.";
    // It is said where the tree hung, for as long as that thread is there.
    await creel.threads.append(mill, [{ type: "agentMessage", text }]).catch(() => undefined);
  }
  follow().catch(onError);
  return { erased, receipt, report, others: rest };
}
