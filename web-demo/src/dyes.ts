// Every tree of threads has a colour of its own, named after the plants and insects that dyed yarn before chemistry did.

export const DYES = [
  "madder",
  "weld",
  "indigo",
  "woad",
  "walnut",
  "cochineal",
  "lichen",
  "sage",
] as const;

/** The colour of a tree, as CSS; it follows from the root's id, so that it is the same in every tab and after a reload. */
export function dye(root: string): string {
  let hash = 2_166_136_261;
  for (let index = 0; index < root.length; index += 1) {
    hash = Math.imul(hash ^ root.charCodeAt(index), 16_777_619);
  }
  hash ^= hash >>> 15;
  return `var(--${DYES[(hash >>> 0) % DYES.length]})`;
}
