/** Reads a file piece by piece, so that no more of it is in memory. */

const PIECE = 1 << 20;

/** Gives the bytes of a file, a piece at a time. */
export async function* pieces(file: Blob): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < file.size; start += PIECE) {
    yield new Uint8Array(await file.slice(start, start + PIECE).arrayBuffer());
  }
}
