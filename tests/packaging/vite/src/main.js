/** The smallest application: one thread, its items on the page, two buttons. */

import { Creel } from "creel";

const find = (id) => document.getElementById(id);

async function main() {
  const creel = await Creel.open({ name: "vite" });

  async function show() {
    const { data } = await creel.threads.list();
    const texts = [];
    for (const { id } of data) {
      for await (const { item } of creel.threads.open(id).items()) texts.push(item.text);
    }
    find("items").replaceChildren(
      ...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
    find("state").textContent = `${data.length} threads, ${texts.length} items`;
    for (const button of document.querySelectorAll("button")) button.disabled = false;
  }

  find("append").onclick = async () => {
    const [known] = (await creel.threads.list()).data;
    const thread = known ? creel.threads.open(known.id) : await creel.threads.create();
    await thread.append([{ type: "note", text: `item ${(await thread.read()).items}` }]);
    await show();
  };
  find("delete").onclick = async () => {
    for (const { id } of (await creel.threads.list()).data) await creel.threads.delete(id);
    await show();
  };
  await show();
}

main().catch((error) => {
  find("state").textContent = `failed: ${error.code} ${error.message}`;
});
