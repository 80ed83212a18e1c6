/** What every project does with its store: a tree is made, grows, is listed and is deleted. */

/** Opens a store and gives three things to do with it; each resolves to what is in the store then. */
export async function openStore(Creel, options) {
  const creel = await Creel.open(options);
  const roots = async () => (await creel.threads.list({ rootsOnly: true })).data;

  async function show() {
    const items = [];
    const { data } = await creel.threads.list({ sortKey: "createdAt", sortDirection: "asc" });
    for (const { id } of data) {
      for await (const { item } of creel.threads.open(id).items()) items.push(item.text);
    }
    return { threads: data.length, items };
  }

  async function append() {
    const [known] = await roots();
    const root = known ? creel.threads.open(known.id) : await creel.threads.create();
    await root.append([{ type: "note", text: `note ${(await root.read()).items}` }]);
    if (!known) await (await root.spawn()).append([{ type: "note", text: "a child's" }]);
    return show();
  }

  async function remove() {
    for (const { id } of await roots()) {
      const { token } = await creel.threads.planDelete(id);
      await creel.threads.delete(id, { plan: token });
    }
    return show();
  }

  return { show, append, remove };
}
