/** PostgreSQL takes less than 8,000 bytes in one notification. */
const MOST_BYTES = 7_900;

/** What one notification carries: messages of one sender, or the name of one that is too long and kept in a table. */
export type Frame =
  | { readonly sender: string; readonly number: number; readonly messages: readonly unknown[] }
  | { readonly sender: string; readonly number: number; readonly largeId: string };

export interface PackedFrames {
  readonly frames: readonly string[];
  /** What the frames name. */
  readonly large: readonly { readonly id: string; readonly body: string }[];
}

/** Packs encoded messages, in their order, into as few notifications as will hold them. */
export function packFrames(sender: string, firstNumber: number, messages: readonly string[], newId: () => string): PackedFrames {
  const frames: string[] = [];
  const large: { id: string; body: string }[] = [];
  let together: string[] = [];
  let bytes = 0;
  const head = (): string => `${sender} ${firstNumber + frames.length} `;
  const finish = (): void => {
    if (together.length > 0) frames.push(`${head()}[${together.join(',')}]`);
    together = [];
    bytes = 0;
  };
  const room = MOST_BYTES - head().length - 16;
  for (const message of messages) {
    const size = Buffer.byteLength(message) + 1;
    if (bytes + size > room) finish();
    if (size > room) {
      const id = newId();
      large.push({ id, body: message });
      frames.push(`${head()}${id}`);
    } else {
      together.push(message);
      bytes += size;
    }
  }
  finish();
  return { frames, large };
}

/** Reads a notification. Throws for one that is not ours. */
export function readFrame(text: string): Frame {
  const [, sender, number, body] = /^([\w-]+) (\d+) (.+)$/s.exec(text) ?? [];
  if (sender === undefined || body === undefined) throw new Error(`A notification of another kind came: ${text.slice(0, 100)}`);
  const head = { sender, number: Number(number) };
  return body.startsWith('[') ? { ...head, messages: JSON.parse(body) as unknown[] } : { ...head, largeId: body };
}
