/** A worker that owns a store and serves it at every port that it is sent. */

const [packageAt, bridgeAt] = ["/creel/dist/index.js", "/creel/dist/bridge/index.js"];
const opened = import(packageAt).then(({ Creel }: typeof import("creel")) => Creel.open());

addEventListener("message", async ({ ports: [port] }) => {
  const { serveBridge } = (await import(bridgeAt)) as typeof import("creel/bridge");
  if (port) serveBridge(await opened, port);
});
