/** The end of a bridge that has the store. */

import { PREFIX } from "../calls.js";
import type { Connection } from "../connection.js";
import type { Creel } from "../creel.js";
import { CreelError } from "../errors.js";
import { NamedCalls } from "./named.js";
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
 * changes. Call it once for every client. A client that connects over the port of an earlier one, as
 * a webview does that was loaded again, takes its place. The end of the store is the end of the bridge.
 */
export function serveBridge(creel: Creel, port: BridgePort): BridgeServer {
  let connection: Connection | undefined;
  let used = false;
  let resolve: () => void;
  const closed = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  const end = new End(
    port,
    (text) => {
      inTurn(async () => {
        await end.watching;
        used = true;
        if (text.includes(PREFIX) && caller.take(text)) return;
        await connection?.handle(text);
      });
    },
    () => {
      caller.end();
      connection?.close();
      connection = undefined;
      resolve();
    },
  );
  const caller = new NamedCalls(creel, (text) => end.send(text));
  const connect = async () => {
    const own = await creel.connect((text) => end.send(text));
    connection = own;
    own.closed.then(() => {
      if (connection === own) end.close(new CreelError("closed", "the store is closed"));
    });
    if (!end.open) own.close();
  };
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    turn = turn.then(work).catch((error) => end.close(error));
  };
  inTurn(async () => {
    await connect();
    await end.announced;
  });
  end.onHello = () => {
    inTurn(async () => {
      // A page that was loaded again is another client, and knows nothing of the one before it.
      if (!used || !connection) return;
      const former = connection;
      connection = undefined;
      used = false;
      former.close();
      caller.end();
      await connect();
    });
  };
  return { closed, close: () => end.close(new CreelError("closed", "the server closed it")) };
}
