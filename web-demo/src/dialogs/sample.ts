// The bundled sample: rollouts as Codex writes them, read by the same importer as anyone's own.

/** Fetches the sample's files. */
export async function sampleFiles(): Promise<File[]> {
  const names: string[] = await (await get("files.json")).json();
  return Promise.all(names.map(async (name) => new File([await (await get(name)).blob()], name)));
}

async function get(name: string): Promise<Response> {
  const answer = await fetch(`./sample/${name}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
  return answer;
}
