import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packFrames, readFrame } from './notification-frames.js';

const pack = (messages: readonly unknown[], firstNumber = 1, isCommand = (_index: number): boolean => false) => {
  let ids = 0;
  const outgoing = messages.map((message, index) => ({ message: JSON.stringify(message), isCommand: isCommand(index) }));
  return packFrames('sender-1', firstNumber, outgoing, () => `kept-${++ids}`);
};

describe('notifications', () => {
  it('carry all messages in their order, below the limit of PostgreSQL, numbered without a gap', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 3_000, max: 12_000 }).map((length) => 'ä'.repeat(length))), { maxLength: 60 }), fc.integer({ min: 1, max: 2 ** 50 }), fc.func(fc.boolean()), (messages, first, isCommand) => {
      const { frames, kept } = pack(messages, first, isCommand);
      const bodies = new Map(kept.map(({ id, body }) => [id, body]));
      const read = frames.map(readFrame);
      expect(read.flatMap((frame) => ('messages' in frame ? frame.messages : [JSON.parse(bodies.get(frame.largeId)!)]))).toEqual(messages);
      expect(read.map(({ number }) => number)).toEqual(frames.map((_, index) => first + index));
      for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThan(8_000);
    }));
  });

  it('carry small messages together', () => {
    expect(pack(Array.from({ length: 20 }, () => 'x'.repeat(300))).frames).toHaveLength(1);
  });

  it('carry a command alone, under the id by which it is kept, and only name one that is too long', () => {
    const { frames, kept } = pack(['event', 'leave', 'event', 'x'.repeat(9_000)], 1, (index) => index % 2 === 1);
    expect(frames.map(readFrame)).toEqual([
      { sender: 'sender-1', number: 1, messages: ['event'] },
      { sender: 'sender-1', number: 2, messages: ['leave'], keptId: 'kept-1' },
      { sender: 'sender-1', number: 3, messages: ['event'] },
      { sender: 'sender-1', number: 4, largeId: 'kept-2' },
    ]);
    expect(kept).toEqual([
      { id: 'kept-1', body: '"leave"', isCommand: true },
      { id: 'kept-2', body: JSON.stringify('x'.repeat(9_000)), isCommand: true },
    ]);
  });

  it.each(['', 'hello', 'a 1', 'a 1 ', '{"a":1}'])('of another kind are refused: %o', (text) => {
    expect(() => readFrame(text)).toThrow('another kind');
  });
});
