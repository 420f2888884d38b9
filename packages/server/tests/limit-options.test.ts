import { expect, it } from 'vitest';
import type { GatewayLimits } from '../src/access/limits.js';
import { createJobEvents } from '../src/create-job-events.js';
import { RecordingBroadcaster } from '../src/testing/recording-broadcaster.js';
import { ask, startJobServer } from './job-server.js';

const withLimits = (limits: Partial<GatewayLimits>) =>
  createJobEvents({ broadcaster: new RecordingBroadcaster() }, { authenticate: () => null, limits });

it.each([Number.NaN, -1, 0, '262144'])('refuses %s as a limit, and says which', (value) => {
  expect(() => withLimits({ outgoingBytes: value as number })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('limits.outgoingBytes') }),
  );
});

it('takes Infinity for no limit', () => {
  expect(() => withLimits({ socketsPerUser: Infinity })).not.toThrow();
});

it('holds the default of a limit that is given as undefined', async () => {
  await using server = await startJobServer({ limits: { batchSize: undefined as never } });
  const socket = await server.connect('alice');
  const subscriptions = Array.from({ length: 101 }, (_, index) => ({ jobId: `job-${index}` }));
  expect(await ask(socket, 'subscribe', { subscriptions })).toMatchObject({ ok: false, error: { code: 'INVALID_PAYLOAD' } });
});
