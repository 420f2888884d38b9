import { deserialize, serialize } from 'node:v8';
import type { ClusterMessage, ClusterResponse } from 'socket.io-adapter';

/** What the Socket.IO servers of a cluster say to each other. */
export type Message = ClusterMessage | ClusterResponse;

/** As JSON; a message with binary data in it as a JSON string of its serialized form. */
export function encodeMessage(message: Message): string {
  return JSON.stringify(hasBinary(message) ? serialize(message).toString('base64') : message);
}

/** Decodes what {@link encodeMessage} made, once its JSON has been parsed. */
export function decodeMessage(parsed: unknown): Message {
  return (typeof parsed === 'string' ? deserialize(Buffer.from(parsed, 'base64')) : parsed) as Message;
}

function hasBinary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return Array.isArray(value) ? value.some(hasBinary) : Object.values(value).some(hasBinary);
}
