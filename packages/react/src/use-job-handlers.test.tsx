import { useLayoutEffect, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { expect, it } from 'vitest';

import { happen, onServer, renderStrictly, startServer } from '../tests/strict-page.js';
import { useJobWebSocket, type JobWebSocketOptions } from './index.js';

it.each([
  ['a callback', { onJobCompleted: () => {} }, {}],
  ['a map of callbacks', { onJobCompleted: { pdf: () => {} } }, { onJobCompleted: undefined }],
  ['a type of a map', { onJobCompleted: { pdf: () => {} } }, { onJobCompleted: {} }],
])('an end that comes while %s is being taken away is no error', async (_what, before, after) => {
  const errors: unknown[] = [];
  const server = startServer({ clientOptions: { onError: (error) => errors.push(error) } });
  /** Between the commit and the effects that register other callbacks. */
  let meanwhile = () => {};
  const Page = ({ options }: { options: JobWebSocketOptions<any> }) => {
    useJobWebSocket<any>({ ...options, callbacks: 'all' });
    useLayoutEffect(() => meanwhile());
    return null;
  };
  const view = renderStrictly(onServer(server, <Page options={before} />));
  await happen(server, () => server.queue({ jobId: 'job-1', type: 'pdf' }));
  meanwhile = () => {
    const job = server.client.getJob('job-1')!;
    meanwhile = () => {};
    server.client.addJobs([{ ...job, status: 'completed', version: job.version.with(1, 2), result: null } as never]);
  };
  view.rerender(onServer(server, <Page options={after} />));
  await happen(server, undefined, '1s');
  expect(server.client.getJob('job-1')?.status).toBe('completed');
  expect(errors).toEqual([]);
});

it('a callback that removes a component is the last that hears of the end there', async () => {
  const server = startServer();
  const heard: string[] = [];
  const Part = ({ name, onEnd }: { name: string; onEnd?: () => void }) => {
    useJobWebSocket<any>({
      callbacks: 'all',
      onJobCompleted: () => {
        heard.push(name);
        onEnd?.();
      },
    });
    return null;
  };
  const page = (parts: ReactNode) => onServer(server, parts);
  const leave = () => flushSync(() => view.rerender(page(null)));
  const view = renderStrictly(page([<Part key="1" name="first" onEnd={leave} />, <Part key="2" name="second" />]));
  await happen(server, () => server.queue({ jobId: 'job-1' }));
  await happen(server, () => server.complete({ jobId: 'job-1' }));
  expect(heard).toEqual(['first']);
});
