// Runs in a browser: what the hooks do on a fake server, case by case; each resolves to what came of it.
import { createFakeJobServer } from '@notes/job-events-client/testing';
import { memo, StrictMode, Suspense } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, hydrateRoot } from 'react-dom/client';

import { JobEventsProvider, useJob, useJobEvents, useJobs, useJobSuspense, useJobWebSocket, type WebSocketService } from '@notes/job-events-react';

import { renderedPage } from './rendered-page.js';
import { asked, openPage, settle, until } from './strict-root.js';

const unique = (texts: readonly string[]) => [...new Set(texts)];

async function lateMount() {
  const { server, show, settle } = openPage();
  const rendered: string[] = [];
  const completed: string[] = [];
  function Late() {
    const { jobs } = useJobWebSocket({ onJobCompleted: (_result, { jobId }) => completed.push(jobId) });
    rendered.push(jobs.map(({ jobId, status }) => `${jobId} ${status}`).join());
    return null;
  }
  show(null);
  server.client.trackJob('job-1');
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  await settle();
  server.complete({ jobId: 'job-1' });
  await settle();
  for (let visit = 0; visit < 2; visit++) {
    show(<Late />);
    await settle();
    show(null);
    await settle();
  }
  return { rendered: unique(rendered), completed, subscriptions: asked(server, 'subscribe') };
}

async function unmountInMidConnect() {
  const left: string[] = [];
  const statesAtUnmount: string[] = [];
  const Page = () => <p>{useJobWebSocket().connectionState}</p>;
  // One turn later each time, until connecting was over before the page went.
  for (let turns = 0; !statesAtUnmount.includes('CONNECTED'); turns++) {
    const { server, show, unmount, settle } = openPage();
    show(<Page />);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    statesAtUnmount.push(server.client.state);
    unmount();
    await settle();
    left.push(`${server.client.state}, ${server.connections} connections`);
  }
  return { statesAtUnmount: unique(statesAtUnmount), left: unique(left) };
}

async function changedJob() {
  // Of somebody else, so that the user's list does not bring them.
  const { server, show, settle } = openPage({ isPublic: () => true });
  for (const jobId of ['job-1', 'job-2']) server.queue({ jobId, userId: 'user-2' });
  const rendered: string[] = [];
  const Watched = ({ jobId }: { jobId: string | undefined }) => {
    rendered.push(`${jobId}: ${useJob(jobId).job?.jobId}`);
    return null;
  };
  show(<Watched jobId="job-1" />);
  await settle();
  show(<Watched jobId="job-2" />);
  await settle();
  show(<Watched jobId={undefined} />);
  await settle();
  return { rendered: unique(rendered), subscriptions: asked(server, 'subscribe'), released: asked(server, 'unsubscribe') };
}

async function inlineHandlers() {
  const { server, show, settle } = openPage();
  const called: number[] = [];
  const Page = ({ render }: { render: number }) => {
    useJobWebSocket({ onJobCompleted: () => called.push(render) });
    return null;
  };
  show(<Page render={0} />);
  await settle();
  const requestsBefore = server.requests.length;
  const { client } = server;
  const register = client.on;
  let registrations = 0;
  client.on = (...args) => {
    registrations++;
    return register.apply(client, args);
  };
  for (let render = 1; render <= 10; render++) show(<Page render={render} />);
  await settle();
  const requests = server.requests.slice(requestsBefore);
  client.trackJob('job-1');
  server.complete({ jobId: 'job-1' });
  await settle();
  return { requests, registrations, called };
}

async function hydration() {
  const server = createFakeJobServer();
  const container = document.querySelector('#rendered')!;
  const section = container.querySelector('section');
  const recoverable: string[] = [];
  const shown = [container.textContent];
  const observer = new MutationObserver(() => shown.push(container.textContent));
  observer.observe(container, { subtree: true, childList: true, characterData: true });
  hydrateRoot(container, renderedPage({ client: server.client }), {
    onRecoverableError: (error) => recoverable.push(String(error)),
  });
  await until(() => server.client.state !== 'DISCONNECTED');
  await settle(server);
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  await settle(server);
  await until(() => container.querySelector('b')?.textContent === '90');
  observer.disconnect();
  return {
    recoverable,
    shownNothing: shown.filter((text) => text?.includes('nothing')),
    keptItsElements: container.querySelector('section') === section,
    atTheEnd: container.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow'),
  };
}

async function suspense() {
  const { server, show, text } = openPage();
  const Percent = ({ jobId }: { jobId: string }) => <b>{useJobSuspense(jobId).progress}</b>;
  const page = (jobId: string) => (
    <Suspense fallback="waiting">
      <Percent jobId={jobId} />
    </Suspense>
  );
  const shown: (string | null)[] = [];
  const look = async (isSo: () => boolean) => {
    await settle(server);
    await until(isSo);
    shown.push(text());
  };
  show(page('job-1'));
  await look(() => true);
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  await look(() => text() !== 'waiting');
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  await look(() => true);
  show(null);
  show(page('job-1')); // known by now
  shown.push(text());
  return { shown };
}

async function oneOfManyJobs() {
  const { server, show, settle } = openPage();
  const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
  const rendered: string[] = [];
  const Row = memo(function Row({ jobId }: { jobId: string }) {
    rendered.push(`${jobId} ${useJob(jobId).job?.progress}`);
    return null;
  });
  const Table = () => useJobs().length === ids.length && ids.map((jobId) => <Row key={jobId} jobId={jobId} />);
  for (const jobId of ids) server.queue({ jobId });
  show(<Table />);
  await settle();
  const rows = unique(rendered).length;
  rendered.length = 0;
  server.progress({ jobId: 'job-77', stage: 'SAVING', progress: 90 });
  await settle();
  return { rows, renderedAgain: unique(rendered), subscriptions: asked(server, 'subscribe') };
}

async function ownClient() {
  const tokens: (string | null)[] = [];
  const fetchJobs: typeof fetch = async (_url, init) => {
    tokens.push(new Headers(init?.headers).get('authorization'));
    return Response.json({ jobs: [], cursor: 'c', more: false });
  };
  let client: WebSocketService | undefined;
  const Page = () => {
    client = useJobEvents().client;
    return null;
  };
  const root = createRoot(document.body.appendChild(document.createElement('div')));
  const show = (token: string) =>
    flushSync(() =>
      root.render(
        <StrictMode>
          <JobEventsProvider options={{ statusUrl: '/status', pollingOnly: true, fetch: fetchJobs, auth: () => token }} userId="user-1">
            <Page />
          </JobEventsProvider>
        </StrictMode>,
      ),
    );
  show('first');
  await until(() => tokens.includes('Bearer first'));
  const first = client;
  show('second');
  client!.disconnect();
  void client!.connect();
  await until(() => tokens.includes('Bearer second'));
  let closed = 0;
  client!.close = () => void closed++;
  const closedBefore = closed;
  flushSync(() => root.unmount());
  await until(() => closed > 0);
  return { isSameClient: client === first, closedBefore, closed };
}

const hookCases = { lateMount, unmountInMidConnect, changedJob, inlineHandlers, hydration, suspense, oneOfManyJobs, ownClient };
export type HookCases = typeof hookCases;

declare global {
  var hookCases: HookCases;
}
globalThis.hookCases = hookCases;
