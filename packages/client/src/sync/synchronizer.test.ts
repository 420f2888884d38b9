import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { expect, test, vi } from 'vitest';
import type { ConnectionState } from '../connection/connection-state.js';
import { createVirtualClock } from '../testing/virtual-clock.js';
import type { StatusAnswer } from '../transport/status-client.js';
import { createSynchronizer } from './synchronizer.js';

test('an answer over HTTP that comes after the connection did is not used any more', async () => {
  const clock = createVirtualClock();
  let state: ConnectionState = 'RECONNECTING';
  let answer: (answer: StatusAnswer) => void = () => {};
  const receive = vi.fn(() => true);
  const synchronizer = createSynchronizer({
    timing: clock,
    pollingOnly: false,
    driver: {
      get state() {
        return state;
      },
      request: () => new Promise(() => {}),
    },
    status: { sync: () => new Promise((resolve) => (answer = resolve)) },
    unfinished: () => [{ jobId: 'a', version: [1, 0, 1, 1] } as unknown as AnyJobSnapshot],
    unseen: () => [],
    followsUser: () => false,
    receive,
    onUnknown: () => {},
    onError: () => {},
  });
  synchronizer.restart();
  await clock.advance('2s');
  state = 'CONNECTED';
  synchronizer.restart();
  answer({ ok: true, snapshots: [], unknown: [] });
  await clock.advance(0);
  expect(receive).not.toHaveBeenCalled();
});
