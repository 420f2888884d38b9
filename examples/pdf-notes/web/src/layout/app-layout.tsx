import { JobEventsProvider, type ClientOptions } from '@notes/job-events-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { Outlet, ScrollRestoration, useLoaderData, useRevalidator } from 'react-router';

import { Announcer } from '../announce/announcer.js';
import { RequestRefused } from '../http/request-json.js';
import { JobNews } from '../jobs/job-news.js';
import { STAGE_LABELS } from '../jobs/stages.js';
import { freshToken, type Session } from '../session/session-api.js';
import { SessionContext } from '../session/session-context.js';
import { SignInPage } from '../session/sign-in-page.js';
import { UploadsProvider } from '../uploads/uploads-context.js';
import { PageHeader } from './page-header.js';
import { StatusRequests } from './status-requests.js';

/** Only while developing; opened by the button at the foot of the page. */
const Devtools = import.meta.env.DEV
  ? lazy(async () => ({ default: (await import('@notes/job-events-react/devtools')).JobEventsDevtools }))
  : () => null;

/** The frame of every page: who is signed in, their connection, their uploads, the header. */
export function AppLayout() {
  const session = useLoaderData<Session | null>();
  const [requests] = useState(() => new StatusRequests());
  const connection = useConnectionOptions(requests);
  if (session === null) return <SignInPage />;
  return (
    <SessionContext value={session}>
      <JobEventsProvider options={connection} userId={session.user.id} stageLabels={STAGE_LABELS}>
        <Announcer>
          <UploadsProvider key={session.user.id}>
            <a href="#content" className="skip-link">
              Skip to the content
            </a>
            <PageHeader requests={requests} />
            <Outlet />
            <JobNews />
            <ScrollRestoration />
            <Suspense>
              <Devtools />
            </Suspense>
          </UploadsProvider>
        </Announcer>
      </JobEventsProvider>
    </SessionContext>
  );
}

/** Connects with a fresh token each time; where the session is over, the page asks to sign in again. */
function useConnectionOptions(requests: StatusRequests): ClientOptions {
  const { revalidate } = useRevalidator();
  return useMemo(
    () => ({
      auth: () =>
        freshToken().catch((error: unknown) => {
          if (error instanceof RequestRefused && error.status === 401) void revalidate();
          throw error;
        }),
      fetch: requests.fetch,
    }),
    [revalidate, requests],
  );
}
