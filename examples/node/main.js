/**
 * The conversations of a command-line agent, in a directory that the command `creel` opens too.
 *
 *     node main.js ask "Why is CI red?"       starts a thread and prints its id
 *     node main.js ask "And now?" <id>        goes on with it
 *     node main.js list                       sub-agents below their parents
 *     node main.js show <id>
 *     node main.js delete <id>                with everything below it
 *
 * The variable STORE names the directory; `./threads` unless set.
 */

import process from "node:process";
import { Creel, CreelError } from "creel";
import { SqliteHost } from "creel/node";

const commands = { ask, list, show, delete: remove };

async function ask(creel, question, id) {
  const thread = id ? creel.threads.open(id) : await creel.threads.create({ name: question });
  await thread.append([{ role: "user", content: question }]);
  // An agent of its own looks into it: a thread below, which goes where this one goes.
  const helper = await thread.spawn({ agentNickname: "helper" });
  await helper.append([{ role: "assistant", content: `${question.length} characters long` }]);
  await thread.append([{ role: "assistant", content: "A helper has looked into it." }]);
  console.log(thread.id);
}

async function list(creel) {
  const roots = await creel.threads.list({ rootsOnly: true, limit: 50 });
  for (const root of roots.data) await print(creel, root, "");
}

async function print(creel, { id, name, agentNickname, items }, indent) {
  console.log(`${indent}${id}  ${name ?? agentNickname}  ${items} items`);
  for (const child of await creel.threads.children(id)) await print(creel, child, `${indent}  `);
}

async function show(creel, id) {
  for await (const { item } of creel.threads.open(id).items()) {
    console.log(`${item.role}: ${item.content}`);
  }
}

async function remove(creel, id) {
  const { removed } = await creel.threads.delete(id);
  console.log(`${removed.threads} threads and ${removed.items} items are gone`);
}

const [command = "", ...words] = process.argv.slice(2);
if (!Object.hasOwn(commands, command)) {
  console.error("say ask, list, show or delete");
  process.exit(2);
}
try {
  const storage = await SqliteHost.open(process.env.STORE ?? "threads");
  const creel = await Creel.open({ storage });
  await commands[command](creel, ...words).finally(() => creel.close());
} catch (error) {
  if (!(error instanceof CreelError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
