import type { FakeJobServer } from '@notes/job-events-client/testing';
import { describe, expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { JobEventsProvider, useConnectionState, useJobWebSocket, WebSocketService, type JobWebSocket, type JobWebSocketOptions } from './index.js';

/** A page that only uses the hook, and shows what came of it. */
function mountHook(server: FakeJobServer, options: JobWebSocketOptions = {}) {
  const renders: JobWebSocket[] = [];
  const Page = (props: JobWebSocketOptions) => {
    const value = useJobWebSocket(props);
    renders.push(value);
    return null;
  };
  const page = (props: JobWebSocketOptions) => onServer(server, <Page {...props} />);
  const view = renderStrictly(page(options));
  return {
    renders,
    get value() {
      return renders.at(-1)!;
    },
    update: (props: JobWebSocketOptions) => view.rerender(page(props)),
    unmount: view.unmount,
  };
}

describe('what reaches the wire', () => {
  it('is one subscription and one connection, however many components use the hook', async () => {
    const server = startServer();
    const Part = () => {
      useJobWebSocket();
      return null;
    };
    renderStrictly(onServer(server, [<Part key="1" />, <Part key="2" />, <Part key="3" />]));
    await happen(server);
    expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
    expect(server.connections).toBe(1);
  });

  it('stays the same when inline handlers change', async () => {
    const server = startServer();
    const hook = mountHook(server, { onJobProgress: () => {} });
    await happen(server);
    const before = server.requests.length;
    const register = vi.spyOn(server.client, 'on');
    for (let i = 0; i < 10; i++) hook.update({ onJobProgress: () => {} });
    await happen(server);
    expect(server.requests.slice(before)).toEqual([]);
    expect(register).not.toHaveBeenCalled();
  });

  it('is nothing without a user', async () => {
    const server = startServer();
    const hook = mountHook(server, { userId: undefined });
    server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
    renderStrictly(onServer(server, null, { userId: null }));
    hook.unmount();
    await happen(server);
    expect(hook.value).toMatchObject({ jobs: [], jobProgress: undefined, isConnected: false });
  });

  it('stays as it is while one of several components is left', async () => {
    const server = startServer();
    const Part = () => {
      useJobWebSocket({ userId: 'user-1' });
      return null;
    };
    const parts = (keys: readonly string[]) => onServer(server, keys.map((key) => <Part key={key} />), { userId: null });
    const view = renderStrictly(parts(['1', '2']));
    await happen(server);
    const before = server.requests.length;
    const states = vi.fn();
    server.client.on({ onStateChange: states });
    for (const keys of [['2'], ['2', '3'], ['3']]) {
      view.rerender(parts(keys));
      await happen(server, undefined, 1);
    }
    expect(server.requests.slice(before)).toEqual([]);
    expect(states).not.toHaveBeenCalled();
    view.rerender(parts([]));
    await happen(server);
    expect(server.connections).toBe(0);
  });

  it('ends with the last component, also in the middle of connecting', async () => {
    const server = startServer();
    const hook = mountHook(server);
    expect(server.client.state).toBe('CONNECTING');
    hook.unmount();
    await happen(server, undefined, '1m');
    expect(server.connections).toBe(0);
    expect(server.client.state).toBe('DISCONNECTED');
  });
});

describe('jobs and jobProgress', () => {
  it('are the newest known states', async () => {
    const server = startServer();
    const hook = mountHook(server);
    await happen(server, () => server.progress({ jobId: 'job-1', stage: 'DOWNLOADING', progress: 20 }));
    expect(hook.value.jobProgress).toMatchObject({ jobId: 'job-1', progress: 20 });
    await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 }));
    expect(hook.value.jobs).toMatchObject([{ jobId: 'job-1', progress: 90 }]);
    expect(hook.value).toMatchObject({ isConnected: true, connectionState: 'CONNECTED' });
  });

  it('put the job in front that was tracked last', async () => {
    const server = startServer();
    const hook = mountHook(server);
    await happen(server, () => server.queue({ jobId: 'job-1' }));
    await happen(server, () => server.queue({ jobId: 'job-2' }));
    expect(hook.value.jobProgress?.jobId).toBe('job-2');
    await happen(server, () => hook.value.trackJob('job-1'));
    expect(hook.value.jobProgress?.jobId).toBe('job-1');
    await happen(server, () => hook.value.trackJob('job-3'));
    expect(hook.value.jobProgress).toBeUndefined();
    await happen(server, () => server.queue({ jobId: 'job-3' }));
    expect(hook.value.jobProgress?.jobId).toBe('job-3');
    await happen(server, () => hook.value.untrackJob('job-3'));
    expect(hook.value.jobProgress?.jobId).toBe('job-1');
  });

  it('leave out what was dismissed', async () => {
    const server = startServer();
    const hook = mountHook(server);
    await happen(server, () => hook.value.trackJob('job-1'));
    await happen(server, () => server.complete({ jobId: 'job-1' }));
    await happen(server, () => hook.value.dismissJob('job-1'));
    expect(hook.value).toMatchObject({ jobs: [], jobProgress: undefined });
  });

  it('show a cancelled job as such', async () => {
    const server = startServer();
    const hook = mountHook(server);
    await happen(server, () => server.queue({ jobId: 'job-1' }));
    await happen(server, () => void hook.value.cancelJob('job-1'));
    expect(hook.value.jobs).toMatchObject([{ jobId: 'job-1', status: 'cancelled' }]);
  });
});

describe('callbacks', () => {
  it('come once for each end of a tracked job, whatever the network does', async () => {
    const server = startServer();
    const onJobCompleted = vi.fn();
    const onJobError = vi.fn();
    const onJobRetrying = vi.fn();
    const onJobCancelled = vi.fn();
    const hook = mountHook(server, { onJobCompleted, onJobError, onJobRetrying, onJobCancelled });
    await happen(server, () => ['job-1', 'job-2', 'job-3'].forEach(hook.value.trackJob));
    server.duplicate(4);
    await happen(server, () => {
      server.fail({ jobId: 'job-1', willRetry: true });
      server.complete({ jobId: 'job-1', attempt: 2, result: { noteId: 'n1' } });
      server.fail({ jobId: 'job-2', error: { message: 'No text.' } });
      server.cancel({ jobId: 'job-3' });
    });
    await happen(server, () => server.restartServer(), '1m');
    expect(onJobCompleted.mock.calls).toMatchObject([[{ noteId: 'n1' }, { jobId: 'job-1' }, { tracked: true }]]);
    expect(onJobError.mock.calls).toMatchObject([[{ message: 'No text.' }, { jobId: 'job-2' }, { tracked: true }]]);
    expect(onJobRetrying).toHaveBeenCalledTimes(1);
    expect(onJobCancelled.mock.calls).toMatchObject([[{ jobId: 'job-3' }, { tracked: true }]]);
  });

  it('reach the functions of the latest render', async () => {
    const server = startServer();
    const first = vi.fn();
    const second = vi.fn();
    const hook = mountHook(server, { onJobCompleted: first });
    await happen(server, () => hook.value.trackJob('job-1'));
    hook.update({ onJobCompleted: second });
    await happen(server, () => server.complete({ jobId: 'job-1' }));
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('find the function for the type of the job in a map', async () => {
    const server = startServer();
    const onPdf = vi.fn();
    const onThumbnails = vi.fn();
    const hook = mountHook(server, { onJobCompleted: { 'pdf-notes': onPdf, thumbnails: onThumbnails } });
    await happen(server, () => ['job-1', 'job-2'].forEach(hook.value.trackJob));
    await happen(server, () => {
      server.complete({ jobId: 'job-1', type: 'thumbnails', result: 7 });
      server.complete({ jobId: 'job-2', type: 'unheard-of' });
    });
    expect(onPdf).not.toHaveBeenCalled();
    expect(onThumbnails.mock.calls).toMatchObject([[7, { jobId: 'job-1' }, {}]]);
  });

  it('are only for jobs that this tab tracked, unless all are asked for', async () => {
    const server = startServer();
    const tracked = vi.fn();
    const all = vi.fn();
    const Page = () => {
      useJobWebSocket({ onJobCompleted: tracked });
      useJobWebSocket({ onJobCompleted: all, callbacks: 'all' });
      return null;
    };
    renderStrictly(onServer(server, <Page />));
    await happen(server, () => server.complete({ jobId: 'job-of-another-tab' }));
    expect(tracked).not.toHaveBeenCalled();
    expect(all.mock.calls).toMatchObject([[null, { jobId: 'job-of-another-tab' }, { tracked: false }]]);
  });

  it('come for a job that had ended before it was tracked', async () => {
    const server = startServer();
    const onJobCompleted = vi.fn();
    const hook = mountHook(server, { onJobCompleted });
    await happen(server, () => server.complete({ jobId: 'job-1' }));
    expect(onJobCompleted).not.toHaveBeenCalled();
    await happen(server, () => hook.value.trackJob('job-1'));
    expect(onJobCompleted).toHaveBeenCalledTimes(1);
  });

  it('wait for the component, if the job ends while it is not mounted, and do not come again', async () => {
    const server = startServer();
    const onJobCompleted = vi.fn();
    const Page = () => {
      const { trackJob } = useJobWebSocket({ onJobCompleted });
      return <button onClick={() => trackJob('job-1')}>track</button>;
    };
    const view = renderStrictly(onServer(server, <Page />));
    await happen(server, () => view.getByRole('button').click());
    view.rerender(onServer(server, 'another page'));
    await happen(server, () => server.complete({ jobId: 'job-1' }), '5s');
    expect(onJobCompleted).not.toHaveBeenCalled();
    for (let visit = 0; visit < 3; visit++) {
      view.rerender(onServer(server, <Page />));
      await happen(server, undefined, '5s');
      expect(onJobCompleted).toHaveBeenCalledTimes(1);
      view.rerender(onServer(server, 'another page'));
    }
  });

  it('are kept for the component that listens for them, while others use the hook without', async () => {
    const server = startServer();
    const onJobCompleted = vi.fn();
    const Badge = () => <i>{useJobWebSocket({ onJobError: () => {} }).connectionState}</i>;
    const Page = () => {
      useJobWebSocket({ onJobCompleted: { 'pdf-notes': onJobCompleted } });
      return null;
    };
    const view = renderStrictly(onServer(server, <Badge />));
    await happen(server, () => server.client.trackJob('job-1'));
    await happen(server, () => server.complete({ jobId: 'job-1', type: 'pdf-notes' }));
    view.rerender(onServer(server, [<Badge key="1" />, <Page key="2" />]));
    await happen(server);
    expect(onJobCompleted).toHaveBeenCalledTimes(1);
  });

  it('are explained once on the console where nobody tracked the job', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    const server = startServer();
    mountHook(server, { onJobCompleted: () => {} });
    for (const jobId of ['job-1', 'job-2']) {
      await happen(server, () => server.queue({ jobId }));
      await happen(server, () => server.complete({ jobId }));
    }
    expect(info.mock.calls).toEqual([[expect.stringContaining("Call trackJob('job-1')")]]);
    info.mockRestore();
  });

  it('do not come for another user, which is explained once on the console', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    const server = startServer();
    const Page = () => {
      useJobWebSocket({ userId: 'somebody-else' });
      return null;
    };
    renderStrictly(<JobEventsProvider client={server.client}><Page /></JobEventsProvider>);
    await happen(server, undefined, '5s');
    expect(info.mock.calls).toEqual([[expect.stringMatching(/'somebody-else' cannot be followed, FORBIDDEN.*authenticate/)]]);
    info.mockRestore();
  });

  it('neither get lost nor come twice when the page is loaded again', async () => {
    const server = startServer();
    const onJobCompleted = vi.fn();
    const before = mountHook(server, { onJobCompleted });
    await happen(server, () => ['job-1', 'job-2'].forEach(before.value.trackJob));
    await happen(server, () => server.complete({ jobId: 'job-1' }));
    before.unmount();
    server.reloadTab();
    server.complete({ jobId: 'job-2' });
    const after = mountHook(server, { onJobCompleted });
    await happen(server, undefined, '5s');
    expect(onJobCompleted.mock.calls.map(([, job]) => job.jobId)).toEqual(['job-1', 'job-2']);
    expect(after.value.jobProgress?.jobId).toBe('job-2');
  });
});

describe('without a provider', () => {
  it('uses the shared client, and nothing is shown for a user who is absent', async () => {
    const server = startServer();
    const shared = vi.spyOn(WebSocketService, 'getInstance').mockImplementation(() => server.client);
    const seen: [string | undefined, number][] = [];
    const Page = ({ userId }: { userId: string | undefined }) => {
      const { jobs } = useJobWebSocket({ userId });
      seen.push([userId, jobs.length]);
      return <p>{useConnectionState()}</p>;
    };
    server.queue({ jobId: 'job-1' });
    const view = renderStrictly(<Page userId={undefined} />);
    await happen(server);
    expect(view.container.textContent).toBe('DISCONNECTED');
    view.rerender(<Page userId="user-1" />);
    await happen(server);
    expect(view.container.textContent).toBe('CONNECTED');
    view.rerender(<Page userId={undefined} />);
    await happen(server);
    expect(view.container.textContent).toBe('DISCONNECTED');
    expect(seen.at(-1)).toEqual([undefined, 0]);
    expect(seen).toContainEqual(['user-1', 1]);
    expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
    shared.mockRestore();
  });

  it('leaves a connection alone that the application opened itself', async () => {
    const server = startServer();
    const shared = vi.spyOn(WebSocketService, 'getInstance').mockImplementation(() => server.client);
    await server.client.connect();
    const Page = () => <p>{useJobWebSocket({ userId: 'user-1' }).connectionState}</p>;
    const view = renderStrictly(<Page />);
    await happen(server);
    view.unmount();
    await happen(server);
    expect(server.client.state).toBe('CONNECTED');
    shared.mockRestore();
  });
});

describe('another user', () => {
  it('begins anew, and nothing of the one before is ever shown', async () => {
    const server = startServer();
    const renders: { userId: string | undefined; jobs: string[]; inFront: string | undefined }[] = [];
    const Page = ({ userId }: { userId: string | undefined }) => {
      const { jobs, jobProgress } = useJobWebSocket({ userId });
      renders.push({ userId, jobs: jobs.map(({ jobId }) => jobId), inFront: jobProgress?.jobId });
      return null;
    };
    const page = (userId: string | undefined) => onServer(server, <Page userId={userId} />, { userId });
    server.queue({ jobId: 'job-of-1', userId: 'user-1' });
    server.queue({ jobId: 'job-of-2', userId: 'user-2' });
    const view = renderStrictly(page('user-1'));
    await happen(server);
    server.signIn('user-2');
    view.rerender(page('user-2'));
    await happen(server, undefined, '5s');
    view.rerender(page(undefined));
    await happen(server, undefined, '5s');

    const shownFor = (userId: string | undefined) =>
      new Set(renders.filter((one) => one.userId === userId).flatMap(({ jobs, inFront }) => [...jobs, ...(inFront ? [inFront] : [])]));
    expect(shownFor('user-1')).toEqual(new Set(['job-of-1']));
    expect(shownFor('user-2')).toEqual(new Set(['job-of-2']));
    expect(shownFor(undefined)).toEqual(new Set());
    expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }, { userId: 'user-2' }]);
    expect(server.connections).toBe(0);
  });
});

describe('jobProgress', () => {
  it('goes on to a running job when the tracked one is refused, or has left the list', async () => {
    const server = startServer();
    const hook = mountHook(server);
    await happen(server, () => {}, '2s');
    await happen(server, () => hook.value.trackJob('never-stored'), '1s');
    await happen(server, () => server.progress({ jobId: 'running', stage: 'SAVING', progress: 30 }), '1s');
    expect(hook.value.jobProgress).toBeUndefined();
    await happen(server, () => {}, '5m');
    expect(hook.value.jobProgress?.jobId).toBe('running');
    await happen(server, () => hook.value.trackJob('done'), '1s');
    await happen(server, () => server.complete({ jobId: 'done' }), '5s');
    expect(hook.value.jobProgress?.jobId).toBe('done');
    await happen(server, () => {}, '11m');
    expect(hook.value.jobProgress?.jobId).toBe('running');
  });
});
