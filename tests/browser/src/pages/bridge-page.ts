/** The page's side of the users of a bridge: it makes them, gives them ports and orders. */

export interface User {
  /** The port of the bridge, of which the user has the other end. */
  port: MessagePort;
  /** Has the user call a method, and resolves to what that gave. */
  order(method: string, params?: object): Promise<unknown>;
  /** Has the user do something that it does not answer. */
  tell(method: string): void;
  /** Ends the frame or the worker. */
  end(): void;
}

/** Makes a user in a frame. */
export async function frame(): Promise<User> {
  const element = document.createElement("iframe");
  element.src = "/frame";
  const loaded = new Promise((resolve) => element.addEventListener("load", resolve));
  document.body.append(element);
  await loaded;
  const send = (ports: MessagePort[]) => element.contentWindow?.postMessage("ports", "*", ports);
  return user(send, () => element.remove());
}

/** Makes a user in a worker. */
export function worker(): Promise<User> {
  const worker = new Worker("/pages/bridge-user.js", { type: "module" });
  return user(
    (ports) => worker.postMessage("ports", ports),
    () => worker.terminate(),
  );
}

async function user(send: (ports: MessagePort[]) => void, end: () => void): Promise<User> {
  const [bridge, orders] = [new MessageChannel(), new MessageChannel()];
  const next = () =>
    new Promise<unknown>((resolve) => {
      orders.port1.onmessage = ({ data }) => resolve(data);
    });
  send([bridge.port2, orders.port2]);
  return {
    port: bridge.port1,
    order(method, params) {
      const answer = next();
      orders.port1.postMessage([method, params]);
      return answer;
    },
    tell: (method) => orders.port1.postMessage([method]),
    end,
  };
}
