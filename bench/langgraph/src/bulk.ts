// Puts threads into the checkpointer's tables many at a time, as what a `put` of each would leave there. It is for
// filling a database before anything is measured, where a `put` a thread would take minutes.

import type { CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import type { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import type { Pool } from "pg";
import { type Item, snapshot } from "./state.js";

export interface Filled {
  thread: string;
  items: Item[];
  metadata: CheckpointMetadata;
}

export async function insert(saver: PostgresSaver, pool: Pool, threads: Filled[]): Promise<void> {
  const checkpoints = threads.map(({ items }) => snapshot({ messages: items, version: 1 }));
  const rows = checkpoints.map(({ channel_values: _, ...checkpoint }) =>
    JSON.stringify(checkpoint),
  );
  const dumped = await Promise.all(threads.map(({ items }) => saver.serde.dumpsTyped(items)));
  const ids = threads.map(({ thread }) => thread);
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query(
      `INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata)
       SELECT thread, '', id, checkpoint::jsonb, metadata::jsonb
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS row (thread, id, checkpoint, metadata)`,
      [
        ids,
        checkpoints.map(({ id }) => id),
        rows,
        threads.map(({ metadata }) => JSON.stringify(metadata)),
      ],
    );
    await client.query(
      `INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
       SELECT thread, '', 'messages', '1', type, blob
       FROM unnest($1::text[], $2::text[], $3::bytea[]) AS row (thread, type, blob)`,
      [ids, dumped.map(([type]) => type), dumped.map(([, value]) => Buffer.from(value))],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}
