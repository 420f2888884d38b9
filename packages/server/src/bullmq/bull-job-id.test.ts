import { isJobId } from '@notes/job-events-protocol';
import { describe, expect, it } from 'vitest';

import { bullJobId } from './bull-job-id.js';

describe('bullJobId', () => {
  it("puts the queue's name before the number, so that two queues' jobs differ", () => {
    expect(bullJobId('pdf', '7')).toBe('pdf:7');
    expect(bullJobId('mail', '7')).toBe('mail:7');
  });

  it.each([
    ['spaces and slashes', 'my queue', 'a/b'],
    ['a first character that no job id begins with', '-queue', '1'],
    ['letters beyond ASCII', 'größe', '1'],
    ['more than 128 characters', 'q', 'x'.repeat(300)],
  ])('makes a job id of %s', (_what, queue, id) => {
    const jobId = bullJobId(queue, id);
    expect(isJobId(jobId), jobId).toBe(true);
    expect(bullJobId(queue, id)).toBe(jobId);
  });

  it('keeps ids apart that look alike once they fit', () => {
    expect(bullJobId('q', 'a/b')).not.toBe(bullJobId('q', 'a b'));
    expect(bullJobId('q', `${'x'.repeat(200)}1`)).not.toBe(bullJobId('q', `${'x'.repeat(200)}2`));
  });

  it('refuses a job that has no id yet', () => {
    expect(() => bullJobId('q', undefined)).toThrow(/add it to the queue first/);
  });
});
