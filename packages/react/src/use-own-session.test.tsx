import type { ClientOptions, WebSocketService } from '@notes/job-events-client';
import { act, waitFor } from '@testing-library/react';
import { Activity, StrictMode, Suspense, use, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, it, vi } from 'vitest';

import { renderStrictly } from '../tests/strict-page.js';
import { JobEventsProvider, useConnectionState, useJobEvents } from './index.js';

afterEach(() => sessionStorage.clear());

/** A server that knows no job. */
const noJobs = () => vi.fn<typeof fetch>(async () => Response.json({ jobs: [], cursor: 'c', more: false }));

const optionsWith = (more: ClientOptions = {}): ClientOptions => ({ statusUrl: '/status', pollingOnly: true, fetch: noJobs(), ...more });

/** The names under which clients have remembered something in this tab. */
const memories = () => Object.keys(sessionStorage).filter((key) => key.startsWith('job-events:5'));

/** Hands out the client of the provider around it. */
const Client = ({ seen }: { seen: Set<WebSocketService<any>> }) => {
  seen.add(useJobEvents().client);
  return <>{useConnectionState()}</>;
};

const settle = () => act(async () => void (await new Promise((resolve) => setTimeout(resolve, 20))));

it('leaves no client behind where a Suspense boundary outside of the provider holds back its first render', async () => {
  const pages = [1, 2].map(() => {
    let load!: () => void;
    return { loaded: new Promise<void>((resolve) => (load = resolve)), load: () => load() };
  });
  const Late = () => <>{pages.map(({ loaded }) => use(loaded) ?? '.')}</>;
  const view = await act(async () => renderStrictly(
    <Suspense fallback="waiting">
      <JobEventsProvider options={optionsWith()} userId="user-1">
        <Late />
      </JobEventsProvider>
    </Suspense>,
  ));
  for (const { load } of pages) await act(async () => load());
  await settle();
  expect(view.container.textContent).toBe('..');
  expect(memories()).toEqual(['job-events:5 /status undefined undefined']);
});

it('closes its client when it is removed, and the one in its place takes over what the tab remembers', async () => {
  const seen = new Set<WebSocketService<any>>();
  const page = (key: string) => (
    <JobEventsProvider key={key} options={optionsWith()} userId="user-1">
      <Client seen={seen} />
    </JobEventsProvider>
  );
  const view = renderStrictly(page('a'));
  await settle();
  const [first] = seen;
  act(() => first!.trackJob('job-1'));
  view.rerender(page('b'));
  await settle();
  const second = [...seen].at(-1)!;
  expect([first!.state, second.isTracked('job-1')]).toEqual(['DISCONNECTED', true]);
  const close = vi.spyOn(second, 'close');
  view.unmount();
  await settle();
  expect(close).toHaveBeenCalledOnce();
  expect(memories()).toHaveLength(1);
});

it('keeps its client while it is hidden, and closes it when it is removed meanwhile', async () => {
  const seen = new Set<WebSocketService<any>>();
  const options = optionsWith();
  const page = (mode: 'visible' | 'hidden') => (
    <Activity mode={mode}>
      <JobEventsProvider options={options} userId="user-1">
        <Client seen={seen} />
      </JobEventsProvider>
    </Activity>
  );
  const view = renderStrictly(page('visible'));
  await settle();
  const close = vi.spyOn([...seen].at(-1)!, 'close');
  view.rerender(page('hidden'));
  await settle();
  expect(seen.size).toBe(1);
  view.rerender(page('visible'));
  await waitFor(() => expect(view.container.textContent).toBe('CONNECTED'));
  expect([seen.size, close.mock.calls.length]).toEqual([1, 0]);
  view.rerender(page('hidden'));
  await settle();
  view.unmount();
  await settle();
  expect(close).toHaveBeenCalledOnce();
});

it('calls the functions of the newest render', async () => {
  const fetched = noJobs();
  const tokens: (string | null)[] = [];
  const watching: ((input: RequestInfo | URL, init?: RequestInit) => Promise<Response>) = async (input, init) => {
    tokens.push(new Headers(init?.headers).get('authorization'));
    return fetched(input, init);
  };
  const errors: string[] = [];
  const page = (name: string) => (
    <JobEventsProvider
      options={optionsWith({ auth: () => name, fetch: watching, onError: (error) => errors.push(`${name}: ${(error as Error).message}`) })}
      userId="user-1"
    >
      <Client seen={seen} />
    </JobEventsProvider>
  );
  const seen = new Set<WebSocketService<any>>();
  const view = renderStrictly(page('first'));
  await waitFor(() => expect(tokens).toContain('Bearer first'));
  view.rerender(page('second'));
  const [client] = seen;
  await act(async () => {
    client!.disconnect();
    await client!.connect();
  });
  await waitFor(() => expect(tokens.at(-1)).toBe('Bearer second'));
  client!.reportError(new Error('late'));
  expect(errors).toEqual(['second: late']);
});

it('reports once that an option has changed which the client keeps, and takes the functions beside it', async () => {
  const errors: unknown[] = [];
  const page = (statusUrl: string, name: string) => (
    <JobEventsProvider options={optionsWith({ statusUrl, auth: () => name, onError: (error) => errors.push([name, error]) })} userId="user-1" />
  );
  const view = renderStrictly(page('/status', 'first'));
  view.rerender(page('/status', 'second'));
  await settle();
  expect(errors).toEqual([]);
  view.rerender(page('/elsewhere', 'third'));
  view.rerender(page('/elsewhere', 'fourth'));
  await settle();
  expect(errors).toEqual([['third', expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('statusUrl') })]]);
});

it('makes a client of options that come in a later render', async () => {
  const seen = new Set<WebSocketService<any>>();
  const page = (children: ReactNode, options?: ClientOptions) => (
    <JobEventsProvider options={options} userId={options && 'user-1'}>{children}</JobEventsProvider>
  );
  const options = optionsWith();
  const view = renderStrictly(page(<Client seen={seen} />));
  view.rerender(page(<Client seen={seen} />, options));
  await settle();
  expect(seen.size).toBe(2);
  expect(options.fetch).toHaveBeenCalled();
  view.unmount();
});

it('opens nothing, and remembers nothing, in a render on a server', () => {
  const options = optionsWith();
  const page = <JobEventsProvider options={options} userId="user-1">a page</JobEventsProvider>;
  expect(renderToString(<StrictMode>{page}</StrictMode>)).toBe('a page');
  expect(options.fetch).not.toHaveBeenCalled();
  expect(memories()).toEqual([]);
});
