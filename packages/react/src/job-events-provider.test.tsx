import type { AnyJobSnapshot } from '@notes/job-events-client';
import { act, waitFor } from '@testing-library/react';
import { Activity, memo, StrictMode, type ReactNode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { JobEventsProvider, JobProgress, useConnectionState, useJob, useJobs, useJobWebSocket } from './index.js';

const jobAt = (progress: number): AnyJobSnapshot => ({
  jobId: 'job-1',
  status: 'active',
  stage: 'SAVING',
  progress,
  version: [1, 0, 0, 1],
  createdAt: '2026-01-01T00:00:00.000Z',
  timestamp: '2026-01-01T00:00:00.000Z',
});

function Page() {
  const { jobProgress, connectionState } = useJobWebSocket();
  return (
    <p>
      {connectionState} {jobProgress?.progress ?? 'nothing'} {useJob('job-1').job?.progress ?? 'nothing'} {useJobs().length}
    </p>
  );
}

const State = () => <p>{useConnectionState()}</p>;

describe('on a server', () => {
  it('renders the initial jobs, and opens nothing', () => {
    const server = startServer();
    expect(renderToString(onServer(server, <Page />, { initialJobs: [jobAt(40)] }))).toContain('40');
    expect(server.client.getJobs()).toEqual([]);
    expect(server.client.state).toBe('DISCONNECTED');
  });
});

describe('in the browser', () => {
  it('takes over what the server rendered without a warning, and goes on from there', async () => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
    const onRecoverableError = vi.fn();
    const server = startServer();
    const page = <StrictMode>{onServer(server, <Page />, { initialJobs: [jobAt(40)] })}</StrictMode>;
    const container = document.createElement('div');
    container.innerHTML = renderToString(page);
    const shown: (string | null)[] = [];
    const observer = new MutationObserver(() => shown.push(container.textContent));
    observer.observe(container, { subtree: true, childList: true, characterData: true });

    const root = await act(async () => hydrateRoot(container, page, { onRecoverableError }));
    await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 }), '5s');
    expect(container.textContent).toBe('CONNECTED 90 90 1');
    expect(shown.filter((text) => text?.includes('nothing'))).toEqual([]);
    expect(complaints).not.toHaveBeenCalled();
    expect(onRecoverableError).not.toHaveBeenCalled();

    observer.disconnect();
    await act(async () => root.unmount());
    complaints.mockRestore();
  });

  it('shows the initial jobs in the first render, and never to another user', async () => {
    const server = startServer();
    const renders: string[] = [];
    const Watched = ({ userId }: { userId: string }) => {
      renders.push(`${userId}: ${useJobs().map(({ jobId }) => jobId)}`);
      return null;
    };
    const page = (userId: string) => onServer(server, <Watched userId={userId} />, { userId, initialJobs: [jobAt(40)] });
    const view = renderStrictly(page('user-1'));
    expect(new Set(renders)).toEqual(new Set(['user-1: job-1']));
    server.signIn('user-2');
    view.rerender(page('user-2'));
    await happen(server, undefined, '5s');
    expect(new Set(renders)).toEqual(new Set(['user-1: job-1', 'user-2: ']));
  });

  it('shows the initial jobs at the first paint alone: not to a user who comes back, and not when the page is shown again', async () => {
    const server = startServer();
    const renders: string[] = [];
    const Watched = () => {
      const jobIds = useJobs().map(({ jobId }) => jobId);
      renders.push(`${jobIds} ${useJob('job-1').job?.progress} ${useJobWebSocket().jobProgress?.progress}`);
      return null;
    };
    const initialJobs = [jobAt(40)];
    const page = (userId: string, mode: 'visible' | 'hidden' = 'visible') => (
      <Activity mode={mode}>{onServer(server, <Watched />, { userId, initialJobs })}</Activity>
    );
    const view = renderStrictly(page('user-1'));
    await happen(server, () => server.complete({ jobId: 'job-1', result: null }), '1h');
    expect(renders[0]).toBe('job-1 40 40');

    view.rerender(page('user-1', 'hidden'));
    await happen(server, undefined, '1h');
    renders.length = 0;
    view.rerender(page('user-1'));
    await happen(server, undefined, '5s');
    server.signIn('user-2');
    view.rerender(page('user-2'));
    await happen(server, undefined, '5s');
    server.signIn('user-1');
    view.rerender(page('user-1'));
    await happen(server, undefined, '5s');
    expect(renders.filter((text) => text.includes('40'))).toEqual([]);
  });

  it('stays connected from page to page', async () => {
    const server = startServer();
    const view = renderStrictly(onServer(server, <State />));
    await happen(server);
    view.rerender(onServer(server, 'a page without jobs'));
    await happen(server);
    view.rerender(onServer(server, <State />));
    await happen(server);
    expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
    expect(server.connections).toBe(1);
  });

  it('makes a client of its own from options, once', async () => {
    const auth = vi.fn(() => 'token');
    const statusOf = vi.fn(async (url: RequestInfo | URL) =>
      Response.json(String(url).endsWith('/job-1') ? jobAt(70) : { jobs: [jobAt(70)], cursor: 'c', more: false }),
    );
    const page = (
      <JobEventsProvider options={{ auth, fetch: statusOf, statusUrl: '/status', pollingOnly: true }} userId="user-1">
        <State />
        <Page />
      </JobEventsProvider>
    );
    const view = renderStrictly(page);
    await waitFor(() => expect(view.container.textContent).toBe('CONNECTEDCONNECTED 70 70 1'));
    expect(auth).toHaveBeenCalled();
  });

  it('gives its stage labels to every progress bar inside', () => {
    const server = startServer();
    const view = renderStrictly(onServer(server, <JobProgress job={jobAt(40)} />, { stageLabels: { SAVING: 'Sichern' } }));
    expect(view.getByRole('progressbar').getAttribute('aria-valuetext')).toBe('Sichern, 40 %');
  });
});

it('renders nothing inside again for stage labels that are written inline', () => {
  const server = startServer();
  let renders = 0;
  const Row = memo(function Row() {
    renders++;
    return <b>{useJobs().length}</b>;
  });
  const row = <Row />;
  const page = () => onServer(server, row, { stageLabels: { SAVING: 'Sichern' } });
  const view = renderStrictly(page());
  const before = renders;
  view.rerender(page());
  expect(renders).toBe(before);
});

it('follows its own user again when a component that showed another one has gone', async () => {
  const server = startServer();
  const Own = () => <>{useConnectionState()} {useJobs().length}</>;
  const Other = () => <>{useJobWebSocket({ userId: 'user-2' }).jobs.length}</>;
  const page = (children: ReactNode) => onServer(server, <><Own /> / {children}</>);
  server.queue({ jobId: 'job-1' });
  const view = renderStrictly(page('nobody else'));
  await happen(server);
  expect(view.container.textContent).toBe('CONNECTED 1 / nobody else');
  server.signIn('user-2');
  view.rerender(page(<Other />));
  await happen(server, () => server.queue({ jobId: 'job-2' }), '5s');
  expect(view.container.textContent).toBe('DISCONNECTED 0 / 1');
  server.signIn('user-1');
  view.rerender(page('nobody else'));
  await happen(server, undefined, '5s');
  expect(view.container.textContent).toBe('CONNECTED 1 / nobody else');
});

it('without a userId property shows the jobs of whoever a component inside follows, and with one that is undefined nobody’s', async () => {
  const server = startServer();
  server.queue({ jobId: 'job-1' });
  const Following = () => <>{useJobWebSocket({ userId: 'user-1' }).jobs.length}</>;
  const Reading = () => <>{`${useJob('job-1').job?.status} ${useJobs().length}`}</>;
  const inside = <><Following /> / <Reading /></>;
  const view = renderStrictly(<JobEventsProvider client={server.client}>{inside}</JobEventsProvider>);
  await happen(server);
  expect(view.container.textContent).toBe('1 / queued 1');
  view.rerender(<JobEventsProvider client={server.client} userId={undefined}>{inside}</JobEventsProvider>);
  await happen(server);
  expect(view.container.textContent).toBe('1 / undefined 0');
});
