import { jobRoom } from '@notes/job-events-protocol';
import { expect, it } from 'vitest';
import { JobEventEmitterService } from '../emitter/index.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { RecordingBroadcaster } from './recording-broadcaster.js';

it('an emitter’s events can be read in a test', async () => {
  const broadcaster = new RecordingBroadcaster();
  const emitter = new JobEventEmitterService({ broadcaster, store: new MemoryJobStore() });
  await emitter.run({ jobId: 'job', userId: 'ada' }, async () => ({ noteId: 'n' }));
  await emitter.close();
  expect(broadcaster.events.at(-1)).toEqual({
    rooms: expect.arrayContaining(['user:ada', jobRoom({ userId: 'ada', jobId: 'job' })]),
    event: 'job:completed',
    payload: expect.objectContaining({ status: 'completed', result: { noteId: 'n' } }),
  });
});
