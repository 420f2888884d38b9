import type { Outgoing } from '../cluster/outbox.js';

/** PostgreSQL takes less than 8,000 bytes in one notification. */
const MOST_BYTES = 7_900;

/** What one notification carries: messages of one sender, one that is kept in a table too, or the name of one there that is too long. */
export type Frame =
  | { readonly sender: string; readonly number: number; readonly messages: readonly unknown[]; readonly keptId?: string }
  | { readonly sender: string; readonly number: number; readonly largeId: string };

/** A message for the table: too long for a notification, or a command, which has to be found by whoever missed it. */
export interface MessageToKeep {
  readonly id: string;
  readonly body: string;
  readonly isCommand: boolean;
}

export interface PackedFrames {
  readonly frames: readonly string[];
  /** What the frames name. */
  readonly kept: readonly MessageToKeep[];
}

/** Packs encoded messages, in their order, into as few notifications as will hold them; a command goes alone. */
export function packFrames(sender: string, firstNumber: number, messages: readonly Outgoing[], newId: () => string): PackedFrames {
  const frames: string[] = [];
  const kept: MessageToKeep[] = [];
  let together: string[] = [];
  let bytes = 0;
  const head = (): string => `${sender} ${firstNumber + frames.length} `;
  const finish = (): void => {
    if (together.length > 0) frames.push(`${head()}[${together.join(',')}]`);
    together = [];
    bytes = 0;
  };
  const keep = (body: string, isCommand: boolean): string => {
    const id = newId();
    kept.push({ id, body, isCommand });
    return id;
  };
  const room = MOST_BYTES - head().length - 16;
  for (const { message, isCommand } of messages) {
    const size = Buffer.byteLength(message) + 1;
    if (isCommand || bytes + size > room) finish();
    if (isCommand || size > room) {
      const name = `${head()}${keep(message, isCommand)}`;
      const carrying = `${name}[${message}]`;
      frames.push(isCommand && Buffer.byteLength(carrying) <= MOST_BYTES ? carrying : name);
    } else {
      together.push(message);
      bytes += size;
    }
  }
  finish();
  return { frames, kept };
}

/** Reads a notification. Throws for one that is not ours. */
export function readFrame(text: string): Frame {
  const [, sender, number, id = '', body] = /^([\w-]+) (\d+) ([^[]+)?(\[.+)?$/s.exec(text) ?? [];
  if (sender === undefined || (id === '' && body === undefined)) throw new Error(`A notification of another kind came: ${text.slice(0, 100)}`);
  const head = { sender, number: Number(number) };
  if (body === undefined) return { ...head, largeId: id };
  return { ...head, messages: JSON.parse(body) as unknown[], ...(id !== '' && { keptId: id }) };
}
