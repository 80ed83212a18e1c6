/**
 * The two kinds of items that a graph's checkpoints are kept as, and the values in them.
 *
 * A checkpoint holds the values that changed with it and says which items hold the others.
 */

import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";

/** Holds a serialized value: its type, and its JSON as a text or else its bytes in base64. */
export type Value =
  | [type: string, text: string]
  | [type: string, base64: string, encoding: "base64"];

/** Tells the version of a channel's value, and the item that holds it if it is not the same one. */
export type Held = [version: number | string | null, seq?: number];

/** Is the item of a checkpoint. */
export interface CheckpointRecord {
  type: "langgraph.checkpoint";
  id: string;
  parent?: string;
  /** The checkpoint without the values of its channels. */
  checkpoint: Value;
  metadata: Value;
  /** Every channel that has a value. */
  channels: Record<string, Held>;
  /** The values that this item holds. */
  values: Record<string, Value>;
}

/** Is the item of writes that a task has made towards the next checkpoint. */
export interface WritesRecord {
  type: "langgraph.writes";
  checkpoint: string;
  task: string;
  path: string;
  writes: [index: number, channel: string, value: Value][];
}

/** Is any item of the adapter. */
export type GraphRecord = CheckpointRecord | WritesRecord;

/** Serializes a value. */
export async function toValue(serde: SerializerProtocol, value: unknown): Promise<Value> {
  const [type, bytes] = await serde.dumpsTyped(value);
  if (type === "json") {
    try {
      return [type, new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)];
    } catch {
      return [type, toBase64(bytes), "base64"];
    }
  }
  return [type, toBase64(bytes), "base64"];
}

/** Reads a value that was serialized. */
export async function fromValue(serde: SerializerProtocol, value: Value): Promise<unknown> {
  const [type, text, encoding] = value;
  return serde.loadsTyped(type, encoding ? fromBase64(text) : text);
}

function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += 0x8000) {
    pieces.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  }
  return btoa(pieces.join(""));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
