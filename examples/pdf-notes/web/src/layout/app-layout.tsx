import { JobEventsProvider } from '@notes/job-events-react';
import { Outlet, useLoaderData } from 'react-router';

import { STAGE_LABELS } from '../notes/stages.js';
import { freshToken, type User } from '../session/session-api.js';
import { SignInPage } from '../session/sign-in-page.js';
import { UserContext } from '../session/user-context.js';
import { PageHeader } from './page-header.js';

const connection = { auth: freshToken };

/** The frame of every page: who is signed in, their connection, the header. */
export function AppLayout() {
  const user = useLoaderData<User | null>();
  if (user === null) return <SignInPage />;
  return (
    <UserContext value={user}>
      <JobEventsProvider options={connection} userId={user.id} stageLabels={STAGE_LABELS}>
        <PageHeader />
        <Outlet />
      </JobEventsProvider>
    </UserContext>
  );
}
