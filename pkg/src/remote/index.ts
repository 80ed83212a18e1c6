/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A store that is elsewhere: on a server, over WebSocket, or at the other end of a port.
 *
 * Nothing of the WebAssembly module is loaded for it.
 */

export { CreelError } from "../errors.js";
export type { OpenStore } from "../open-store.js";
export { type ConnectOptions, Creel } from "./creel.js";
export type { LinkState } from "./link.js";
export type { SocketClass, SocketLike, SocketListener } from "./socket.js";
