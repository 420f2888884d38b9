import { describe, expect, it } from 'vitest';
import { checkPayload } from './check-payload.js';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const check = (payload: unknown) => () => checkPayload(payload, 65_536);
const refused = expect.objectContaining({ code: 'INVALID_PAYLOAD' });

describe('checking what a client sent', () => {
  it.each([undefined, null, 0, '', 'text', true, {}, [], { jobs: [{ jobId: 'a', version: [1, 0, 5, 1] }] }])('lets %j through', (payload) => {
    expect(check(payload)).not.toThrow();
  });

  it('reads 16 levels of nesting, and refuses the next', () => {
    expect(check(nested(16))).not.toThrow();
    expect(check(nested(17))).toThrow(refused);
  });

  it('survives nesting that would overflow a stack', () => {
    expect(check(nested(100_000))).toThrow(refused);
  });

  it('counts bytes, not characters, in values and in names', () => {
    expect(check('x'.repeat(65_000))).not.toThrow();
    expect(check('ü'.repeat(40_000))).toThrow(refused);
    expect(check({ ['ü'.repeat(40_000)]: 1 })).toThrow(refused);
  });

  it('refuses a great many small things', () => {
    expect(check(Array.from({ length: 70_000 }, () => 0))).toThrow(refused);
    expect(check(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i])))).toThrow(refused);
  });

  it('lets a full sync through', () => {
    const jobs = Array.from({ length: 200 }, (_, i) => ({ jobId: String(i).padEnd(128, 'x'), version: [1, 0, 1_795_000_000_000, 999] }));
    expect(check({ jobs, cursor: 'x'.repeat(600) })).not.toThrow();
  });

  it('refuses binary data', () => {
    expect(check({ data: Buffer.from('x') })).toThrow(refused);
    expect(check(new ArrayBuffer(3))).toThrow(refused);
  });
});
