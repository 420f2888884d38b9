import { createFakeJobServer, type FakeJobServer, type FakeJobServerOptions } from '@notes/job-events-client/testing';
import { act, cleanup, render } from '@testing-library/react';
import { StrictMode, type ReactElement, type ReactNode } from 'react';
import { afterEach } from 'vitest';

import { JobEventsProvider, type JobEventsProviderProps } from '../src/index.js';

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean;
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

const closing: (() => void)[] = [];
afterEach(() => {
  cleanup();
  for (const close of closing.splice(0)) close();
});

/** A fake server that is closed with the test. */
export function startServer(options?: FakeJobServerOptions): FakeJobServer {
  const server = createFakeJobServer(options);
  closing.push(() => server.close());
  return server;
}

/** Renders under StrictMode, so that every effect is done, undone and done again. */
export function renderStrictly(ui: ReactElement) {
  const view = render(<StrictMode>{ui}</StrictMode>);
  return { ...view, rerender: (next: ReactElement) => view.rerender(<StrictMode>{next}</StrictMode>) };
}

type ProviderProps = Omit<JobEventsProviderProps, 'client' | 'options'>;

/** A provider on the fake server's client; `userId` is `user-1` unless it is given. */
export const onServer = (server: FakeJobServer, children: ReactNode, props: ProviderProps = {}) => (
  <JobEventsProvider client={server.client} userId="user-1" {...props}>
    {children}
  </JobEventsProvider>
);

/** Lets something happen on the server, and time pass until the page has heard of it. */
export const happen = (server: FakeJobServer, what: () => void = () => {}, duration: Parameters<FakeJobServer['advance']>[0] = '100ms') =>
  act(async () => {
    what();
    await server.advance(duration);
  });

/** The subscriptions that reached the wire, in order. */
export const subscriptionsOf = (server: FakeJobServer): readonly unknown[] =>
  server.requests
    .filter(({ name }) => name === 'subscribe')
    .flatMap(({ payload }) => (payload as { subscriptions: readonly unknown[] }).subscriptions);
