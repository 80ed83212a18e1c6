/** Creel for chats of the AI SDK, version 7: `useChat`, `Chat`, and `onEnd` of servers. */

export { type LoadOptions, loadMessages, saveMessages, type ValidateOptions } from "./messages.js";
export { type PersistentTransportOptions, persistentTransport } from "./transport.js";
