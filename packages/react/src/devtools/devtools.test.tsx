import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer } from '../../tests/strict-page.js';
import { useJobWebSocket } from '../index.js';
import { JobEventsDevtools } from './index.js';

function Page({ onJobCompleted }: { onJobCompleted?: () => void }) {
  return <output>{useJobWebSocket({ callbacks: 'all', onJobCompleted }).jobProgress?.progress ?? 'nothing'}</output>;
}

async function open(onJobCompleted: () => void = () => {}) {
  const server = startServer();
  const view = renderStrictly(
    onServer(
      server,
      <>
        <Page onJobCompleted={onJobCompleted} />
        <JobEventsDevtools defaultOpen />
      </>,
    ),
  );
  await happen(server);
  const region = (name: string) => within(screen.getByRole('region', { name }));
  const press = (name: RegExp) => fireEvent.click(screen.getByRole('button', { name }));
  const timeLine = (jobId: string) =>
    [...screen.getByRole('list', { name: jobId }).children].map((item) => item.getAttribute('data-outcome'));
  const refused = () => region('Not taken over').queryAllByRole('listitem').map(({ textContent }) => textContent?.split(',')[0]);
  const shown = () => view.container.querySelector('output')?.textContent;
  return { server, view, region, press, timeLine, refused, shown };
}

const at = (progress: number) => ({ jobId: 'job-1', stage: 'SAVING', progress });

describe('the devtools', () => {
  it('show the connection with its reasons, and disconnect and reconnect it', async () => {
    const { server, region, press } = await open();
    const changes = () => region('Connection').getAllByRole('listitem').map(({ textContent }) => textContent?.slice(9));
    expect(changes()).toEqual(['CONNECTED ACCEPTED']);
    await happen(server, () => press(/Disconnect/));
    expect(server.client.state).toBe('DISCONNECTED');
    expect(changes()[0]).toBe('DISCONNECTED DISCONNECT_CALLED');
    await happen(server, () => press(/Reconnect/));
    expect(server.client.state).toBe('CONNECTED');
    await happen(server, () => server.restartServer());
    expect(changes()[0]).toBe('RECONNECTING CONNECTION_LOST');
  });

  it('show what is followed, and what became of the wish', async () => {
    const { server, region } = await open();
    await happen(server, () => void server.client.subscribe({ jobId: 'job-7' }));
    await waitFor(() => expect(region('Subscriptions').getByText(/job job-7/)).toBeTruthy());
    expect(region('Subscriptions').getByText(/user user-1/).textContent).toContain('joined, held 1 ×');
  });

  it('put each state of a job on its time line', async () => {
    const { server, timeLine, refused } = await open();
    await happen(server, () => server.progress(at(10)));
    await happen(server, () => server.progress(at(20)));
    expect(timeLine('job-1')).toEqual(['new', 'new']);
    expect(refused()).toEqual([]);
  });

  it('name what was repeated and what was stale', async () => {
    const { server, timeLine, refused } = await open();
    await happen(server, () => {
      server.duplicate();
      server.progress(at(10));
    });
    expect(timeLine('job-1')).toEqual(['new', 'repeated']);
    await happen(server, () => {
      server.reorder();
      server.progress(at(20));
      server.progress(at(30));
    });
    expect(timeLine('job-1')).toEqual(['new', 'repeated', 'new', 'stale']);
    expect(refused()).toEqual(['stale job-1 active SAVING 20 %', 'repeated job-1 active SAVING 10 %']);
  });

  it('drop the next event, which is then missing until the client asks', async () => {
    const { server, press, timeLine, shown } = await open();
    await happen(server, () => server.progress(at(10)));
    press(/Drop next/);
    await happen(server, () => server.progress(at(20)));
    expect(shown()).toBe('10');
    expect(timeLine('job-1')).toEqual(['new', 'dropped']);
    expect(screen.getByRole('button', { name: 'Drop next' })).toBeTruthy();
    await happen(server, undefined, '60s');
    expect(shown()).toBe('20');
  });

  it('deliver the next event twice, and the callback comes once', async () => {
    const onJobCompleted = vi.fn();
    const { server, press, timeLine } = await open(onJobCompleted);
    press(/Duplicate next/);
    await happen(server, () => server.complete({ jobId: 'job-1' }));
    expect(timeLine('job-1')).toEqual(['new', 'repeated']);
    expect(onJobCompleted).toHaveBeenCalledTimes(1);
  });

  it('let go of the client with the panel', async () => {
    const { server, view, press, shown } = await open();
    press(/Drop next/);
    view.rerender(onServer(server, <Page />));
    await happen(server, () => server.progress(at(10)));
    expect(shown()).toBe('10');
  });

  it('render nothing on a server', () => {
    expect(renderToString(onServer(startServer(), <JobEventsDevtools defaultOpen />))).toBe('');
  });
});
