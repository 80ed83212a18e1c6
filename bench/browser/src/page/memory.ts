/** Finds the linear memories of the WebAssembly modules that a page instantiates. */

const memories = new Set<WebAssembly.Memory>();

/** Wraps the ways to instantiate; it has to be called before the contender is loaded. */
export function watchMemories(): void {
  const { instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.instantiate = (async (source: WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const result = await instantiate(source, imports);
    note(result);
    return result;
  }) as typeof instantiate;
  WebAssembly.instantiateStreaming = async (source, imports) => {
    const result = await instantiateStreaming(source, imports);
    note(result.instance);
    return result;
  };
}

/** Returns how large they are together, in bytes. */
export function wasmMemory(): number {
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

function note(result: WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource): void {
  const { exports } = "instance" in result ? result.instance : result;
  for (const value of Object.values(exports)) {
    if (value instanceof WebAssembly.Memory) memories.add(value);
  }
}
