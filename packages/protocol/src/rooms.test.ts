import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobOfRoom, jobRoom, userOfRoom, userRoom, withheldRoom } from './rooms.js';

/** Mostly what the names of rooms are made of. */
const id = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('1', '2', ':', '/', ' ', '-', 'a', '\ud800', 'job:', 'user:') }));

describe('the room of a job', () => {
  it('names one job of one owner, whatever their ids contain', () => {
    const isNamed = (userId: string, jobId: string): void => expect(jobOfRoom(jobRoom({ userId, jobId }))).toEqual({ userId, jobId });
    fc.assert(fc.property(id, id, (userId, jobId) => void isNamed(userId, jobId)), { numRuns: 2_000 });
  });

  it('is shared neither with the same id of another owner nor with ids that read alike', () => {
    const jobs = [
      { userId: 'ada', jobId: '1' },
      { userId: 'bob', jobId: '1' },
      { userId: 'ada:1', jobId: '1' },
      { userId: 'ada', jobId: '1:1' },
      { userId: '1:ada', jobId: '1' },
      { userId: 'ada1', jobId: '1' },
      { userId: 'ada', jobId: '11' },
    ];
    expect(new Set(jobs.map(jobRoom)).size).toBe(jobs.length);
  });

  it('is told from every other room', () => {
    fc.assert(
      fc.property(id, (text) => {
        expect(userOfRoom(userRoom(text))).toBe(text);
        for (const room of [userRoom(text), withheldRoom(text)]) expect(jobOfRoom(room)).toBeUndefined();
        for (const room of [jobRoom({ userId: text, jobId: text }), withheldRoom(text)]) expect(userOfRoom(room)).toBeUndefined();
      }),
    );
  });
});
