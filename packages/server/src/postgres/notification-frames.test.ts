import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packFrames, readFrame } from './notification-frames.js';

const pack = (messages: readonly unknown[], firstNumber = 1) => {
  let ids = 0;
  return packFrames('sender-1', firstNumber, messages.map((message) => JSON.stringify(message)), () => `large-${++ids}`);
};

describe('notifications', () => {
  it('carry all messages in their order, below the limit of PostgreSQL, numbered without a gap', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 3_000, max: 12_000 }).map((length) => 'ä'.repeat(length))), { maxLength: 60 }), fc.integer({ min: 1, max: 2 ** 50 }), (messages, first) => {
      const { frames, large } = pack(messages, first);
      const bodies = new Map(large.map(({ id, body }) => [id, body]));
      const read = frames.map(readFrame);
      expect(read.flatMap((frame) => ('messages' in frame ? frame.messages : [JSON.parse(bodies.get(frame.largeId)!)]))).toEqual(messages);
      expect(read.map(({ number }) => number)).toEqual(frames.map((_, index) => first + index));
      for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThan(8_000);
    }));
  });

  it('carry small messages together', () => {
    expect(pack(Array.from({ length: 20 }, () => 'x'.repeat(300))).frames).toHaveLength(1);
  });

  it.each(['', 'hello', 'a 1', '{"a":1}'])('of another kind are refused: %o', (text) => {
    expect(() => readFrame(text)).toThrow('another kind');
  });
});
