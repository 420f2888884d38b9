import { createFakeJobServer, type FakeJobServer, type FakeJobServerOptions } from '@notes/job-events-client/testing';
import { StrictMode, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

import { JobEventsProvider } from '@notes/job-events-react';

/** A page in the browser on a fake server of its own, under StrictMode, for `user-1`. */
export function openPage(options?: FakeJobServerOptions) {
  const server = createFakeJobServer(options);
  const element = document.body.appendChild(document.createElement('div'));
  const root = createRoot(element);
  return {
    server,
    text: () => element.textContent,
    show: (children: ReactNode) =>
      flushSync(() =>
        root.render(
          <StrictMode>
            <JobEventsProvider client={server.client} userId="user-1">
              {children}
            </JobEventsProvider>
          </StrictMode>,
        ),
      ),
    unmount: () => flushSync(() => root.unmount()),
    settle: () => settle(server),
  };
}

/** Lets the page hear of what has happened, React render, and effects run. */
export async function settle(server: FakeJobServer): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await server.advance('1s');
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Waits for what React does in a time of its own, such as showing again what had suspended. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What was asked of the server under a name, in order. */
export const asked = (server: FakeJobServer, name: 'subscribe' | 'unsubscribe'): readonly unknown[] =>
  server.requests
    .filter((request) => request.name === name)
    .flatMap(({ payload }) => (payload as { subscriptions: readonly unknown[] }).subscriptions);
