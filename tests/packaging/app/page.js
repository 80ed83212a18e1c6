/** The page of every project: a line that says what is in the store, the items, two buttons. */

/** Shows the store that is being opened, and has the buttons work on it. */
export async function mount(opening) {
  const state = document.body.appendChild(document.createElement("p"));
  const list = document.body.appendChild(document.createElement("ol"));
  state.id = "state";
  const attempt = async (work) => {
    try {
      const { threads, items } = await work();
      list.replaceChildren(
        ...items.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
      );
      state.textContent = `${threads} threads, ${items.length} items`;
    } catch (error) {
      state.textContent = `failed: ${error.code} ${error.message}`;
    }
  };
  await attempt(async () => (await opening).show());
  for (const name of ["append", "remove"]) {
    const button = document.body.appendChild(document.createElement("button"));
    button.textContent = name;
    button.onclick = () => attempt(async () => (await opening)[name]());
  }
}
