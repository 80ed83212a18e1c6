/** The end of a bridge that has the store. */

import type { Connection } from "../connection.js";
import type { Creel } from "../creel.js";
import { CreelError } from "../errors.js";
import { type BridgePort, End } from "./port.js";

/** The serving end of a bridge. */
export interface BridgeServer {
  /** Resolves when the bridge has ended, from whichever side. */
  readonly closed: Promise<void>;
  /** Ends the bridge; what the client waits for rejects with `closed`. The store stays open. */
  close(): void;
}

/**
 * Serves a store to the client at the other end of a port, until either side closes.
 *
 * Requests are answered one after the other, and an answer comes before the notifications of its
 * changes. Call it once for every client. The end of the store is the end of the bridge.
 */
export function serveBridge(creel: Creel, port: BridgePort): BridgeServer {
  let connection: Connection | undefined;
  let resolve: () => void;
  const closed = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  const end = new End(
    port,
    (text) => {
      turn = turn
        .then(() => end.watching)
        .then(() => connection?.handle(text))
        .catch((error) => end.close(error));
    },
    () => {
      connection?.close();
      connection = undefined;
      resolve();
    },
  );
  const connect = async () => {
    connection = await creel.connect((text) => end.send(text));
    connection.closed.then(() => end.close(new CreelError("closed", "the store is closed")));
    if (!end.open) connection.close();
    await end.announced;
  };
  let turn = connect().catch((error) => end.close(error));
  return { closed, close: () => end.close(new CreelError("closed", "the server closed it")) };
}
