import { JobCancelledError, JobFailedError } from '@notes/job-events-client';
import { act } from '@testing-library/react';
import { Fragment, Suspense, type ReactElement } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { preloadJobs, useJob, useJobEvents, useJobResult, useJobs, useJobSuspense, useJobWebSocket, type JobEvents } from './index.js';

afterEach(() => void vi.useRealTimers());

/** What a hook returns, render for render. */
function mount<T>(server: ReturnType<typeof startServer>, hook: () => T) {
  const seen: T[] = [];
  const Page = (): ReactElement | null => {
    seen.push(hook());
    return null;
  };
  renderStrictly(onServer(server, <Page />));
  return seen;
}

it('useJobResult is pending until the job is over, and then has its result', async () => {
  const server = startServer();
  const seen = mount(server, () => useJobResult('job-1'));
  await happen(server, () => server.queue({ jobId: 'job-1' }));
  expect(seen.at(-1)).toEqual({ result: undefined, error: undefined, isPending: true });
  await happen(server, () => server.complete({ jobId: 'job-1', result: { noteId: 'n1' } }));
  expect(seen.at(-1)).toEqual({ result: { noteId: 'n1' }, error: undefined, isPending: false });
});

it('useJobResult says why there is no result, with the same error in each render', async () => {
  const server = startServer();
  const failed = mount(server, () => useJobResult('job-1'));
  const cancelled = mount(server, () => useJobResult('job-2'));
  await happen(server);
  await happen(server, () => {
    server.fail({ jobId: 'job-1', error: { message: 'No text.' } });
    server.cancel({ jobId: 'job-2' });
  });
  expect(failed.at(-1)?.error).toBeInstanceOf(JobFailedError);
  expect(failed.at(-1)).toMatchObject({ error: { message: 'No text.' }, isPending: false });
  expect(cancelled.at(-1)?.error).toBeInstanceOf(JobCancelledError);
  expect(new Set(failed.map(({ error }) => error).filter(Boolean)).size).toBe(1);
});

it('useJobs has the jobs of a status or type, and renders again for no other', async () => {
  const server = startServer();
  const running = mount(server, () => useJobs({ status: ['queued', 'active'], type: 'pdf' }).map(({ jobId }) => jobId));
  await happen(server);
  await happen(server, () => {
    server.queue({ jobId: 'job-1', type: 'pdf' });
    server.queue({ jobId: 'job-2', type: 'thumbnails' });
    server.complete({ jobId: 'job-3', type: 'pdf' });
  });
  expect(running.at(-1)).toEqual(['job-1']);
  const renders = running.length;
  await happen(server, () => server.progress({ jobId: 'job-2', type: 'thumbnails', stage: 'SAVING', progress: 50 }));
  expect(running.length).toBe(renders);
});

it('useJobs with an inline selector renders again only when what it selects has changed', async () => {
  const server = startServer();
  const counts = mount(server, () => useJobs({}, (jobs) => jobs.length));
  const ids = mount(server, () => useJobs(undefined, (jobs) => jobs.map(({ jobId }) => jobId)));
  await happen(server);
  await happen(server, () => server.queue({ jobId: 'job-1' }));
  expect([counts.at(-1), ids.at(-1)]).toEqual([1, ['job-1']]);
  const renders = [counts.length, ids.length];
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 50 }));
  expect([counts.length, ids.length]).toEqual(renders);
});

it('useJobEvents has the connection with its reason and the next attempt, and connects anew', async () => {
  const server = startServer();
  const seen = mount(server, useJobEvents);
  await happen(server);
  expect(seen.at(-1)).toMatchObject({ connection: { state: 'CONNECTED', reason: 'ACCEPTED' }, error: undefined });
  await happen(server, () => server.restartServer(), '1ms');
  const { connection } = seen.at(-1)!;
  expect(connection.state).toBe('RECONNECTING');
  expect(connection.nextAttemptAt).toEqual(expect.any(Number));
  const before = seen.length;
  await happen(server, () => void seen.at(-1)!.connect(), '5s');
  expect(seen.at(-1)!.connection).toMatchObject({ state: 'CONNECTED', nextAttemptAt: undefined });
  expect(seen.length).toBeGreaterThan(before);
  const states: string[] = [];
  server.client.on({ onStateChange: (state) => states.push(state) });
  await happen(server, () => void seen.at(-1)!.reconnect(), '5s');
  expect(states).toEqual(['DISCONNECTED', 'CONNECTING', 'CONNECTED']);
});

it('useJobEvents gives a row what its buttons do, the same functions as useJobWebSocket, and renders for no job', async () => {
  const server = startServer();
  const rows = mount(server, useJobEvents);
  const pages = mount(server, () => useJobWebSocket());
  await happen(server);
  const renders = rows.length;
  const { trackJob, untrackJob, cancelJob, dismissJob, reconnect } = rows.at(-1)!;
  expect(pages.at(-1)).toMatchObject({ trackJob, untrackJob, cancelJob, dismissJob, reconnect });
  await happen(server, () => {
    server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
    server.progress({ jobId: 'job-2', stage: 'SAVING', progress: 50 });
  });
  await happen(server, () => {
    void cancelJob('job-1');
    dismissJob('job-2');
  });
  expect(pages.at(-1)!.jobs.map(({ jobId, status }) => `${jobId} ${status}`)).toEqual(['job-1 cancelled']);
  expect(rows.length).toBe(renders);
});

it('useJobEvents says why the server refused, and goes on after reconnect', async () => {
  let token = 'forged';
  const server = startServer({ clientOptions: { auth: () => token } });
  const seen = mount(server, useJobEvents);
  await happen(server, undefined, '1s');
  expect(seen.at(-1)).toMatchObject({ error: { code: 'UNAUTHENTICATED' }, connection: { state: 'DISCONNECTED' } });
  token = 'user-1#1';
  await happen(server, () => void seen.at(-1)!.reconnect(), '1s');
  expect(seen.at(-1)).toMatchObject({ error: undefined, connection: { state: 'CONNECTED' } });
});

it('useJobWebSocket gives reconnect too, which goes on after a refusal', async () => {
  let token = 'forged';
  const server = startServer({ clientOptions: { auth: () => token } });
  const seen = mount(server, () => useJobWebSocket());
  await happen(server, undefined, '1s');
  expect(seen.at(-1)).toMatchObject({ error: { code: 'UNAUTHENTICATED' }, connectionState: 'DISCONNECTED' });
  token = 'user-1#1';
  await happen(server, () => void seen.at(-1)!.reconnect(), '1s');
  expect(seen.at(-1)).toMatchObject({ error: undefined, connectionState: 'CONNECTED' });
});

describe('after reset', () => {
  /** A page of one job of the user's and one of somebody else's. */
  function page() {
    const server = startServer({ isPublic: (jobId) => jobId === 'public' });
    server.progress({ jobId: 'own', stage: 'SAVING', progress: 40 });
    server.progress({ jobId: 'public', userId: 'user-2', stage: 'SAVING', progress: 60 });
    let events: JobEvents | undefined;
    const Page = () => {
      events = useJobEvents();
      return <>{useJobs().length} {useJob('own').job?.progress ?? 'none'} {useJob('public').job?.progress ?? 'none'}</>;
    };
    const view = renderStrictly(onServer(server, <Page />));
    return { server, view, Page, text: () => view.container.textContent, events: () => events! };
  }

  it.each(['connect', 'reconnect'] as const)('nothing is shown or followed until %s, which follows the same user and jobs again', async (way) => {
    const { server, text, events } = page();
    await happen(server, undefined, '1s');
    expect(text()).toBe('1 40 60');
    await happen(server, () => events().reset(), '1m');
    expect(text()).toBe('0 none none');
    expect(server.connections).toBe(0);
    await happen(server, () => void events()[way](), '1s');
    expect(text()).toBe('1 40 60');
    await happen(server, () => server.progress({ jobId: 'public', stage: 'SAVING', progress: 70 }));
    expect(text()).toBe('1 40 70');
  });

  it('the same user who signs in again is followed again, also in the same commit', async () => {
    const { server, view, Page, text, events } = page();
    await happen(server, undefined, '1s');
    await act(async () => {
      events().reset();
      view.rerender(onServer(server, <Page />, { userId: null }));
    });
    expect(text()).toBe('0 none none');
    view.rerender(onServer(server, <Page />));
    await happen(server, undefined, '1s');
    expect(text()).toBe('1 40 60');
    await act(async () => {
      events().reset();
      view.rerender(<Fragment key="signed in again">{onServer(server, <Page />)}</Fragment>);
    });
    await happen(server, undefined, '1s');
    expect(text()).toBe('1 40 60');
  });

  it('of the client itself, connect follows the user again', async () => {
    const { server, text, events } = page();
    await happen(server, undefined, '1s');
    await happen(server, () => server.client.reset(), '1s');
    await happen(server, () => void events().connect(), '1s');
    expect(text()).toBe('1 40 60');
  });
});

it('useJobSuspense asks for several jobs at once, and follows each', async () => {
  const server = startServer();
  const Both = () => useJobSuspense(['job-1', 'job-2']).map(({ progress }) => progress).join(' ');
  const view = renderStrictly(onServer(server, <Suspense fallback="waiting"><Both /></Suspense>));
  await happen(server);
  const asked = new Set(subscriptionsOf(server).map((one) => JSON.stringify(one)));
  expect(asked).toEqual(new Set(['{"userId":"user-1"}', '{"jobId":"job-1"}', '{"jobId":"job-2"}']));
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 }));
  expect(view.container.textContent).toBe('waiting');
  await happen(server, () => server.progress({ jobId: 'job-2', stage: 'SAVING', progress: 50 }));
  expect(view.container.textContent).toBe('40 50');
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 }));
  expect(view.container.textContent).toBe('90 50');
});

it('a job that was preloaded is there in the first render, and let go of where no page comes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const server = startServer();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  preloadJobs(server.client, { userId: 'user-1', jobIds: ['job-1'] });
  await happen(server);
  const One = () => useJobSuspense('job-1').progress;
  const page = onServer(server, <Suspense fallback="waiting"><One /></Suspense>);
  const view = renderStrictly(page);
  expect(view.container.textContent).toBe('40');
  vi.advanceTimersByTime(30_000);
  await happen(server);
  expect(server.connections).toBe(1);
  view.unmount();
  await happen(server);
  expect(server.connections).toBe(0);
});
