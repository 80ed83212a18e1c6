// What a graph with one channel of messages holds of a thread while it runs, and the checkpoint of it.

import { type Checkpoint, type CheckpointMetadata, uuid6 } from "@langchain/langgraph-checkpoint";

export type Item = Record<string, unknown>;

export interface State {
  /** The checkpoint that this is from; none before the first. */
  id: string | undefined;
  messages: Item[];
  version: number;
  /** What is said of the thread at each of its checkpoints: its name, parent and root. */
  own: CheckpointMetadata;
}

/** Makes the checkpoint of a state, in the shape that LangGraph's run loop gives it. */
export function snapshot({ messages, version }: Pick<State, "messages" | "version">): Checkpoint {
  return {
    v: 4,
    id: uuid6(version),
    ts: new Date().toISOString(),
    channel_values: { messages },
    channel_versions: { messages: version },
    versions_seen: { __input__: {}, agent: { messages: version - 1 } },
  };
}
