/** One connection over WebSocket: texts both ways, and its end with a reason. */

import { CreelError } from "../errors.js";

/** What is needed of a `WebSocket`, the platform's or another one. */
export interface SocketLike {
  /** Sends a text. */
  send(text: string): void;
  /** Ends the connection. */
  close(code?: number, reason?: string): void;
  /** Calls `listener` with every event of a kind. */
  addEventListener(type: "open" | "message" | "error" | "close", listener: SocketListener): void;
}

/** Takes an event of a socket. */
// biome-ignore lint/suspicious/noExplicitAny: no other type takes the events of every implementation.
export type SocketListener = (event: any) => void;

/** Makes sockets as the platform's `WebSocket` does. */
export type SocketClass = new (url: string, protocols: string[]) => SocketLike;

/** Codes of a close that another try does not help against, with the code that callers see. */
const FINAL: Record<number, string> = {
  1008: "unauthorized",
  4400: "invalid_field",
  4401: "unauthorized",
  4403: "unauthorized",
};

/** What a connection tells. */
export interface Hearer {
  open(): void;
  hear(text: string): void;
  /** `final` says why there is no use in another try. */
  close(final: CreelError | undefined): void;
}

/** Connects; the token goes where pages can put it and where nobody logs it. */
export function dial(url: string, token: string, Socket: SocketClass, hearer: Hearer): SocketLike {
  const socket = new Socket(url, ["creel", "creel.reason", `creel.token.${token}`]);
  let ended = false;
  const end = (final?: CreelError) => {
    if (ended) return;
    ended = true;
    hearer.close(final);
  };
  socket.addEventListener("open", () => hearer.open());
  socket.addEventListener("message", ({ data }) => {
    if (!ended && typeof data === "string") hearer.hear(data);
  });
  // An error is followed by a close, but not in every implementation.
  socket.addEventListener("error", () => end());
  socket.addEventListener("close", ({ code, reason }) => {
    const own = FINAL[code];
    end(own ? new CreelError(own, reason || "the server refused the connection") : undefined);
  });
  return socket;
}

/** Makes the address of a store's server: `ws` for `http`, and the store's name in it. */
export function addressOf(url: string, store: string | undefined): string {
  let address: URL;
  try {
    address = new URL(url);
  } catch (cause) {
    throw new CreelError("invalid_field", `url: \`${url}\` is no address`, { cause });
  }
  address.protocol = address.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(address.protocol)) {
    throw new CreelError("invalid_field", `url: ${address.protocol} is neither ws: nor wss:`);
  }
  if (store !== undefined) address.searchParams.set("store", store);
  return address.href;
}
