/** Keeps the identity of what did not change, so that whoever compares by `===` sees only changes. */

/** Tells whether two values of JSON are equal. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}

/** Returns `next` with everything in it that is equal to what `before` has under the same id. */
export function keep<T extends { readonly id: string }>(
  before: readonly T[],
  next: readonly T[],
): readonly T[] {
  const known = new Map(before.map((value) => [value.id, value]));
  const kept = next.map((value) => {
    const old = known.get(value.id);
    return old && same(old, value) ? old : value;
  });
  const unchanged =
    kept.length === before.length && kept.every((value, index) => value === before[index]);
  return unchanged ? before : kept;
}

/** Spells an id as the store does: it reads others too, and events name threads by this one. */
export function canonicalId(id: string): string {
  const digits = String(id).replaceAll("-", "").toLowerCase();
  const [, a, b, c, d, e] = digits.match(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/) ?? [];
  return a ? `${a}-${b}-${c}-${d}-${e}` : String(id);
}

/** Writes a query so that equal ones are equal texts, whatever the order of their fields. */
export function canonical(query: object): string {
  const fields = Object.entries(query).filter(([, value]) => value !== undefined);
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}
