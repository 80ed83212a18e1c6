/** Uses a store over a bridge, in a frame or a worker, and does what the page orders. */

addEventListener("message", async ({ ports: [bridge, orders] }) => {
  if (!bridge || !orders) return;
  const address = "/creel/dist/bridge/index.js";
  const { connectBridge } = (await import(address)) as typeof import("creel/bridge");
  const client = await connectBridge(bridge);
  const heard: string[] = [];
  for (const method of ["thread/started", "thread/name/updated", "thread/deleted"]) {
    client.on<{ threadId?: string; thread?: { id: string } }>(method, ({ threadId, thread }) => {
      heard.push(`${method} ${threadId ?? thread?.id}`);
    });
  }
  client.closed.then(({ code }) => heard.push(code));
  orders.onmessage = async ({ data: [method, params] }) => {
    if (method === "heard") return orders.postMessage(heard);
    if (method === "close") return client.close();
    const failed = ({ name, code, rpcCode }: import("creel").CreelError) => {
      return { name, code, rpcCode };
    };
    orders.postMessage(await client.request(method, params).catch(failed));
  };
  orders.postMessage("ready");
});
