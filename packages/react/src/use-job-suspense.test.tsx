import { act } from '@testing-library/react';
import { Component, Suspense, useState, useTransition, type ReactNode } from 'react';
import { expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer } from '../tests/strict-page.js';
import { useJob, useJobSuspense } from './index.js';

const Percent = ({ jobId }: { jobId: string }) => <b>{useJobSuspense(jobId).progress}</b>;

class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    return this.state.error ? `refused: ${this.state.error.message}` : this.props.children;
  }
}

const page = (jobId: string) => (
  <Boundary>
    <Suspense fallback="waiting">
      <Percent jobId={jobId} />
    </Suspense>
  </Boundary>
);

it('suspends until the job is known, and then follows it', async () => {
  const server = startServer();
  const view = renderStrictly(onServer(server, page('job-1')));
  await happen(server);
  expect(view.container.textContent).toBe('waiting');
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 }));
  expect(view.container.textContent).toBe('40');
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 }));
  expect(view.container.textContent).toBe('90');
});

it('does not suspend for a job that is known already', async () => {
  const server = startServer();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const view = renderStrictly(onServer(server, null));
  await happen(server);
  view.rerender(onServer(server, page('job-1')));
  expect(view.container.textContent).toBe('40');
});

it('goes to the error boundary where the server does not know the job', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
  const server = startServer();
  const view = renderStrictly(onServer(server, page('job-1')));
  await happen(server, undefined, '3m');
  expect(view.container.textContent).toContain('refused');
  complaints.mockRestore();
});

it('keeps the page before it live while a transition waits for the job', async () => {
  const server = startServer();
  const shown: (string | null)[] = [];
  const Pages = () => {
    const [jobId, setJobId] = useState('job-1');
    const [isPending, startTransition] = useTransition();
    const known = useJob('job-1').job?.progress;
    return (
      <button onClick={() => startTransition(() => setJobId('job-2'))}>
        {isPending && 'pending '}
        {known} {page(jobId)}
      </button>
    );
  };
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const view = renderStrictly(onServer(server, null));
  await happen(server);
  view.rerender(onServer(server, <Pages />));
  const look = () => shown.push(view.container.textContent);
  look();
  await happen(server, () => view.getByRole('button').click());
  look();
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 }));
  look();
  await happen(server, () => server.progress({ jobId: 'job-2', stage: 'SAVING', progress: 10 }));
  look();
  expect(shown).toEqual(['40 40', 'pending 40 40', 'pending 90 90', '90 10']);
});

it('goes to the error boundary where the connection is refused, and waits anew once there is one', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
  let token = 'forged';
  const server = startServer({ clientOptions: { auth: () => token } });
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const view = renderStrictly(onServer(server, page('job-1')));
  await happen(server, undefined, '1s');
  expect([server.client.state, view.container.textContent]).toEqual(['DISCONNECTED', 'refused: The token is not valid.']);
  // A page that is mounted while the client is refused does not wait either.
  view.rerender(onServer(server, <div key="later">{page('job-1')}</div>));
  await happen(server, undefined, '1s');
  expect(view.container.textContent).toBe('refused: The token is not valid.');
  token = 'user-1#1';
  await happen(server, () => void server.client.connect(), '1s');
  view.rerender(onServer(server, <div key="again">{page('job-1')}</div>));
  await happen(server, undefined, '1s');
  expect(view.container.textContent).toBe('40');
  complaints.mockRestore();
});

it('asks anew in a boundary that is reset after the server did not know the job', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
  const server = startServer();
  const view = renderStrictly(onServer(server, page('job-1')));
  await happen(server, undefined, '3m');
  expect(view.container.textContent).toContain('refused');
  await act(() => new Promise((resolve) => setTimeout(resolve, 1_100)));
  view.rerender(onServer(server, <div key="again">{page('job-1')}</div>));
  await happen(server, undefined, '1s');
  expect(view.container.textContent).toBe('waiting');
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 }), '10s');
  expect(view.container.textContent).toBe('40');
  complaints.mockRestore();
});

it('without any id has no job, and keeps no other component from asking for one', async () => {
  const server = startServer({ isPublic: () => true });
  server.progress({ jobId: 'public', userId: 'user-2', stage: 'SAVING', progress: 60 });
  const errors = vi.fn();
  process.on('uncaughtException', errors);
  const Several = ({ jobIds }: { jobIds: readonly string[] }) => <b>{useJobSuspense(jobIds).length}</b>;
  const Other = () => <i>{useJob('public').job?.progress ?? 'none'}</i>;
  const view = renderStrictly(onServer(server, <Several jobIds={[]} />));
  await happen(server);
  view.rerender(onServer(server, <><Several jobIds={[]} /><Other /></>));
  await happen(server, undefined, '1s');
  process.off('uncaughtException', errors);
  expect(view.container.textContent).toBe('060');
  expect(errors).not.toHaveBeenCalled();
});

it('says once on the console that its provider is inside of the Suspense boundary, where it waits for ever', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const said = vi.spyOn(console, 'info').mockImplementation(() => {});
  const [inside, outside] = [startServer(), startServer()];
  renderStrictly(<Suspense fallback="waiting">{onServer(inside, <Percent jobId="job-1" />)}</Suspense>);
  renderStrictly(onServer(outside, page('job-1')));
  for (const server of [inside, outside]) await happen(server, undefined, '10s');
  vi.advanceTimersByTime(60_000);
  expect(said.mock.calls.flat()).toEqual([expect.stringContaining('outside of the Suspense boundary')]);
  vi.useRealTimers();
  said.mockRestore();
});
