import { JobEventsProvider, type ClientOptions } from '@notes/job-events-react';
import { lazy, Suspense, useMemo } from 'react';
import { Outlet, ScrollRestoration, useLoaderData, useRevalidator } from 'react-router';

import { RequestRefused } from '../http/request-json.js';
import { STAGE_LABELS } from '../notes/stages.js';
import { freshToken, type User } from '../session/session-api.js';
import { SignInPage } from '../session/sign-in-page.js';
import { UserContext } from '../session/user-context.js';
import { PageHeader } from './page-header.js';

/** Only while developing; opened by the button at the foot of the page. */
const Devtools = import.meta.env.DEV
  ? lazy(async () => ({ default: (await import('@notes/job-events-react/devtools')).JobEventsDevtools }))
  : () => null;

/** The frame of every page: who is signed in, their connection, the header. */
export function AppLayout() {
  const user = useLoaderData<User | null>();
  const connection = useConnectionOptions();
  if (user === null) return <SignInPage />;
  return (
    <UserContext value={user}>
      <JobEventsProvider options={connection} userId={user.id} stageLabels={STAGE_LABELS}>
        <PageHeader />
        <Outlet />
        <ScrollRestoration />
        <Suspense>
          <Devtools />
        </Suspense>
      </JobEventsProvider>
    </UserContext>
  );
}

/** Connects with a fresh token each time; where the session is over, the page asks to sign in again. */
function useConnectionOptions(): ClientOptions {
  const { revalidate } = useRevalidator();
  return useMemo(
    () => ({
      auth: () =>
        freshToken().catch((error: unknown) => {
          if (error instanceof RequestRefused && error.status === 401) void revalidate();
          throw error;
        }),
    }),
    [revalidate],
  );
}
