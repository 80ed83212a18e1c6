/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A store that one window, worker or extension host has open, and others use.
 *
 * Over a port go the messages of the protocol as JSON texts, in order.
 */

export { CreelError } from "../errors.js";
export { portOf, type VsCodeApi, type VsCodeWebview, vscodePort } from "./adapt.js";
export { BridgeClient, type BridgeOptions, connectBridge } from "./client.js";
export type { BridgePort, PortListener } from "./port.js";
export { type BridgeServer, serveBridge } from "./server.js";
