import { expect, it } from 'vitest';

import { happen, onServer, renderStrictly, startServer } from '../tests/strict-page.js';
import { useConnectionState } from './index.js';

it('renders again when the connection changes, and not for any job', async () => {
  const server = startServer();
  const renders: string[] = [];
  const State = () => {
    renders.push(useConnectionState());
    return null;
  };
  renderStrictly(onServer(server, <State />));
  await happen(server);
  expect(renders.at(-1)).toBe('CONNECTED');
  renders.length = 0;
  for (const progress of [10, 20, 30]) await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress }));
  expect(renders).toEqual([]);
  await happen(server, () => server.restartServer());
  expect(new Set(renders)).toEqual(new Set(['RECONNECTING']));
});
