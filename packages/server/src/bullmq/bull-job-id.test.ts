import { isJobId } from '@notes/job-events-protocol';
import { describe, expect, it } from 'vitest';

import { bullJobId } from './bull-job-id.js';

const created = Date.UTC(2026, 0, 1);
const generated = (queueName: string, id: string | undefined, timestamp = created) => ({ queueName, id, timestamp, opts: {} });

describe('bullJobId', () => {
  it("puts the queue's name before the number, so that the jobs of two queues differ", () => {
    expect(bullJobId(generated('pdf', '7'))).toBe(`pdf:7:${created}`);
    expect(bullJobId(generated('mail', '7'))).toBe(`mail:7:${created}`);
  });

  it('tells two jobs apart that have the same number, because the numbers have begun again', () => {
    expect(bullJobId(generated('pdf', '1', created))).not.toBe(bullJobId(generated('pdf', '1', created + 1)));
  });

  it('leaves an id that the application chose as it is, and knows it before the job is added', () => {
    expect(bullJobId({ queueName: 'pdf', id: 'paper-7', timestamp: created, opts: { jobId: 'paper-7' } })).toBe('pdf:paper-7');
    expect(bullJobId('pdf', 'paper-7')).toBe('pdf:paper-7');
  });

  it('tells the jobs of a scheduler apart, which replaces a waiting one by another of the same id', () => {
    const id = 'repeat:nightly:1790000000000';
    expect(bullJobId({ queueName: 'pdf', id, timestamp: created, opts: { jobId: id } })).toBe(`pdf:${id}:${created}`);
  });

  it.each([
    ['spaces and slashes', 'my queue', 'a/b'],
    ['a first character that no job id begins with', '-queue', '1'],
    ['letters beyond ASCII', 'größe', '1'],
    ['more than 128 characters', 'q', 'x'.repeat(300)],
  ])('makes a job id of %s', (_what, queue, id) => {
    const jobId = bullJobId(generated(queue, id));
    expect(isJobId(jobId), jobId).toBe(true);
    expect(bullJobId(generated(queue, id))).toBe(jobId);
  });

  it('keeps ids apart that look alike once they fit', () => {
    expect(bullJobId('q', 'a/b')).not.toBe(bullJobId('q', 'a b'));
    expect(bullJobId('q', `${'x'.repeat(200)}1`)).not.toBe(bullJobId('q', `${'x'.repeat(200)}2`));
    expect(bullJobId(generated('q', 'x'.repeat(200), created))).not.toBe(bullJobId(generated('q', 'x'.repeat(200), created + 1)));
  });

  it('rejects a name with a colon, which no queue has: its jobs could share ids with those of another queue', () => {
    expect(() => bullJobId('q:a', 'b')).toThrow(/no name of a queue/);
    expect(bullJobId('q', 'a:b')).toBe('q:a:b');
  });

  it('rejects a job that has no id yet', () => {
    expect(() => bullJobId(generated('q', undefined))).toThrow(/add it to the queue first/);
  });
});
