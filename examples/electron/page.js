/** A window: it lists the threads of the main process, and follows what other windows do to them. */

import { connectBridge } from "creel/bridge";

const list = document.querySelector("ul");
const form = document.querySelector("form");

window.addEventListener("message", async ({ data, ports: [port] }) => {
  if (data !== "store" || !port) return;
  const store = await connectBridge(port);
  const show = async () => {
    const { data } = await store.request("thread/list", { limit: 50 });
    list.replaceChildren(...data.map((thread) => entry(store, thread)));
  };
  for (const event of ["thread/started", "thread/name/updated", "thread/deleted"]) {
    store.on(event, show);
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = new FormData(form).get("name");
    form.reset();
    const { thread } = await store.request("thread/start");
    await store.request("thread/name/set", { threadId: thread.id, name });
  });
  await show();
});

function entry(store, { id, name, preview }) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.textContent = "Delete";
  // With everything below it; every window hears of it.
  button.addEventListener("click", () => store.request("thread/delete", { threadId: id }));
  item.append(name || preview || id, " ", button);
  return item;
}
