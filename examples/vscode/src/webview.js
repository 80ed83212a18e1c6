/** Shows the threads of the extension's store, and changes them over the bridge. */

import { connectBridge, vscodePort } from "creel/bridge";

const [list, status] = [document.querySelector("#threads"), document.querySelector("#status")];
const tell = (error) => {
  status.textContent = `${error.code}: ${error.message}`;
};

const store = await connectBridge(vscodePort(acquireVsCodeApi()));
const call = (method, params) => store.request(method, params).catch(tell);

async function draw() {
  const { data = [] } = (await call("thread/list", { limit: 50, sortKey: "created_at" })) ?? {};
  const rows = data.map(({ id, name, preview }) => {
    const row = document.createElement("li");
    row.append(name ?? (preview || id));
    row.append(button("Delete", () => call("thread/delete", { threadId: id })));
    return row;
  });
  list.replaceChildren(...rows);
  status.textContent = `${rows.length} threads`;
}

function button(label, act) {
  const made = Object.assign(document.createElement("button"), { textContent: label });
  made.addEventListener("click", act);
  return made;
}

document.querySelector("#create").addEventListener("click", async () => {
  const { thread } = await store.request("thread/start", {});
  const text = `Thread of ${new Date().toLocaleTimeString()}`;
  const content = [{ type: "input_text", text }];
  const items = [{ type: "message", role: "user", content }];
  await call("thread/inject_items", { threadId: thread.id, items });
  await call("thread/name/set", { threadId: thread.id, name: text });
});
for (const event of ["started", "deleted", "name/updated"]) store.on(`thread/${event}`, draw);
store.closed.then(tell);
draw();
