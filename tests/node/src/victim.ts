/** A program that appends and says so until it is killed. */

import { Creel } from "creel";
import { SqliteHost } from "creel/node";

const creel = await Creel.open({ storage: await SqliteHost.open(process.argv[2] ?? "") });
const { id } = await creel.threads.create();
console.log(id);
for (let n = 0; ; n++) {
  await creel.threads.append(id, [{ n }]);
  console.log(n);
}
