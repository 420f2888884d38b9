import { Component, type ReactNode } from 'react';
import { expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { useJob, useJobSuspense, useJobWebSocket, type JobWebSocket, type JobWebSocketOptions } from './index.js';

const STRANGE_USERS: unknown[] = ['', 'x'.repeat(200), 'a\nb', 7, {}];
const STRANGE_JOBS: unknown[] = ['', 'a b', 'x'.repeat(200), '../../account', 7, {}];

function startServerWithErrors() {
  const onError = vi.fn();
  const server = startServer({ clientOptions: { onError } });
  return { server, codes: () => onError.mock.calls.map(([error]) => error.code) };
}

it.each(STRANGE_USERS)('a provider for the user %j shows the page, follows nobody and tells onError once', async (userId) => {
  const { server, codes } = startServerWithErrors();
  let value: JobWebSocket | undefined;
  const Page = () => {
    value = useJobWebSocket();
    return 'the application';
  };
  const view = renderStrictly(onServer(server, [<Page key="1" />, <Page key="2" />], { userId: userId as string }));
  await happen(server);
  expect(view.container.textContent).toBe('the applicationthe application');
  expect(value).toMatchObject({ jobs: [], connectionState: 'DISCONNECTED', error: { code: 'INVALID_PAYLOAD' } });
  expect(codes()).toEqual(['INVALID_PAYLOAD']);
  view.rerender(onServer(server, <Page />, { userId: 'user-1' }));
  await happen(server);
  expect(value).toMatchObject({ connectionState: 'CONNECTED', error: undefined });
});

it.each(STRANGE_USERS)('useJobWebSocket for the user %j is idle and says why', async (userId) => {
  const { server, codes } = startServerWithErrors();
  let value: JobWebSocket | undefined;
  const Page = () => {
    value = useJobWebSocket({ userId: userId as string });
    return 'the application';
  };
  const view = renderStrictly(onServer(server, <Page />, { userId: null }));
  await happen(server);
  expect(view.container.textContent).toBe('the application');
  expect(value).toMatchObject({ jobs: [], error: { code: 'INVALID_PAYLOAD' } });
  expect(codes()).toEqual(['INVALID_PAYLOAD']);
});

it.each(STRANGE_JOBS)('useJob(%j) shows the page, asks for nothing and says why', async (jobId) => {
  const { server, codes } = startServerWithErrors();
  const Row = () => {
    const { job, error, isPending } = useJob(jobId as string);
    return `${job} ${error?.code} ${isPending}`;
  };
  const view = renderStrictly(onServer(server, <Row />));
  await happen(server);
  expect(view.container.textContent).toBe('undefined INVALID_PAYLOAD false');
  expect(codes()).toEqual(['INVALID_PAYLOAD']);
  expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
});

it.each(STRANGE_JOBS)('trackJob(%j) in an effect tells onError and throws nothing', async (jobId) => {
  const { server, codes } = startServerWithErrors();
  let value: JobWebSocket | undefined;
  const Page = () => {
    value = useJobWebSocket();
    return null;
  };
  renderStrictly(onServer(server, <Page />));
  await happen(server, () => value!.trackJob(jobId as string));
  expect(codes()).toEqual(['INVALID_PAYLOAD']);
});

it('useJobSuspense with an id that no job can have goes to the error boundary', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
  class Boundary extends Component<{ children: ReactNode }, { code?: string }> {
    override state: { code?: string } = {};
    static getDerivedStateFromError = ({ code }: { code: string }) => ({ code });
    override render() {
      return this.state.code ?? this.props.children;
    }
  }
  const Row = () => useJobSuspense('a b').status;
  const { server } = startServerWithErrors();
  const view = renderStrictly(onServer(server, <Boundary><Row /></Boundary>));
  await happen(server);
  expect(view.container.textContent).toBe('INVALID_PAYLOAD');
  complaints.mockRestore();
});

it.each([null, 'an error page', { error: 'no' }, [null, 7, {}, { jobId: 'job-1' }]])('initialJobs of %j show no job', async (initialJobs) => {
  const { server } = startServerWithErrors();
  const Page = () => {
    useJob('job-1');
    return useJobWebSocket().jobs.length;
  };
  const view = renderStrictly(onServer(server, <Page />, { initialJobs: initialJobs as never }));
  expect(view.container.textContent).toBe('0');
  await happen(server);
});

it('options that cannot be written as JSON are no obstacle', async () => {
  const { server } = startServerWithErrors();
  const cyclic: Record<string, unknown> = { big: 1n, onJobCompleted: undefined };
  cyclic['self'] = cyclic;
  const Page = () => useJobWebSocket(cyclic as JobWebSocketOptions).jobs.length;
  expect(renderStrictly(onServer(server, <Page />)).container.textContent).toBe('0');
  await happen(server);
});
