/**
 * Notices that the other side is gone without a word: a worker that was terminated, a tab that
 * crashed. Each side holds a lock as long as it lives, and the other one waits for that lock.
 *
 * Where there are no locks, as in most of Node, or the two sides don't share them, nothing is noticed.
 */

/** Holds a lock of its own until `signal` aborts; resolves to the lock's name once it is held. */
export async function live(signal: AbortSignal): Promise<string | undefined> {
  const locks = manager();
  if (!locks) return undefined;
  const name = `creel-bridge-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const dead = new Promise<void>((end) => signal.addEventListener("abort", () => end()));
    locks
      .request(name, () => {
        resolve(name);
        return signal.aborted ? undefined : dead;
      })
      .catch(() => resolve(undefined));
  });
}

/**
 * Calls `onGone` when nobody holds the lock any more; resolves when that is watched for, or can't be.
 */
export async function outlive(
  name: string,
  signal: AbortSignal,
  onGone: () => void,
): Promise<void> {
  const locks = manager();
  const { held } = (await locks?.query().catch(() => undefined)) ?? {};
  // Another origin or partition has locks of its own, where this one would be free at once.
  if (!locks || !held?.some((lock) => lock.name === name)) return;
  locks.request(name, { signal }, onGone).catch(() => undefined);
}

function manager(): LockManager | undefined {
  return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
}
