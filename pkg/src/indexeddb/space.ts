/** How much the browser lets this origin keep, and whether it may take it away. */

/** Tells of the space of this origin, as far as the browser says; all its stores share it. */
export interface SpaceEstimate {
  /** The bytes in use, roughly; 0 where the browser doesn't say. */
  usage: number;
  /** The bytes that may be in use; 0 where the browser doesn't say. */
  quota: number;
  /** Whether the browser has promised not to remove them when space gets short. */
  persisted: boolean;
}

/** Asks the browser never to remove this origin's data by itself; resolves to whether it promises. */
export async function persist(): Promise<boolean> {
  const { storage } = manager();
  return (await storage?.persist?.().catch(() => false)) ?? false;
}

/** Reads how much space there is. */
export async function estimate(): Promise<SpaceEstimate> {
  const { storage } = manager();
  const [estimated, persisted] = await Promise.all([
    storage?.estimate?.().catch(() => undefined),
    storage?.persisted?.().catch(() => false),
  ]);
  const { usage = 0, quota = 0 } = estimated ?? {};
  return { usage, quota, persisted: persisted ?? false };
}

/** Pages that are not served securely have no such thing, nor has Node. */
function manager(): { storage?: Partial<StorageManager> } {
  return (globalThis as { navigator?: { storage?: Partial<StorageManager> } }).navigator ?? {};
}
