import { MessageType } from 'socket.io-adapter';
import type { Message } from './cluster-codec.js';

const COMMANDS: ReadonlySet<MessageType> = new Set([
  MessageType.SOCKETS_JOIN,
  MessageType.SOCKETS_LEAVE,
  MessageType.DISCONNECT_SOCKETS,
  MessageType.SERVER_SIDE_EMIT,
]);

/**
 * Whether a message tells others to do something, and waits for no answer. Unlike a missed event, which clients find by
 * sync, a missed command is found by nobody.
 */
export const isCommand = (message: Message): boolean =>
  COMMANDS.has(message.type) && !('data' in message && 'requestId' in message.data && message.data.requestId !== undefined);
