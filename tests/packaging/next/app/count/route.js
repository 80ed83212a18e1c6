/** Creel on the server itself, in memory: the module is found in what Next.js has built. */

import { Creel } from "creel";

export const dynamic = "force-dynamic";

export async function GET() {
  const creel = await Creel.open({ storage: "memory" });
  await creel.threads.create();
  const { threads } = await creel.stats();
  await creel.close();
  return Response.json({ threads });
}
