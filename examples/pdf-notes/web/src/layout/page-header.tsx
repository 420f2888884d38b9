import { Link, useRevalidator } from 'react-router';

import { signOut } from '../session/session-api.js';
import { useSession } from '../session/session-context.js';
import { ThemeButton } from '../theme/theme-button.js';
import { useUploadQueue } from '../uploads/uploads-context.js';
import { ConnectionBadge } from './connection-badge.js';
import { LogoIcon } from './icons.js';
import type { StatusRequests } from './status-requests.js';

export function PageHeader({ requests }: { requests: StatusRequests }) {
  const { user } = useSession();
  const queue = useUploadQueue();
  const { revalidate } = useRevalidator();
  const leave = async () => {
    await queue.clear();
    await signOut();
    await revalidate();
  };
  return (
    <header className="page-header">
      <Link to="/" className="brand" aria-label="PDF Notes, all notes">
        <LogoIcon />
        <span>PDF Notes</span>
      </Link>
      <ConnectionBadge requests={requests} />
      <div className="account">
        {user.isAdmin && (
          <a href="/admin" className="button quiet">
            Queues
          </a>
        )}
        <ThemeButton />
        <span className="account-name" title={`Signed in as ${user.name}`}>
          {user.name}
        </span>
        <button type="button" className="button quiet" onClick={() => void leave()}>
          Sign out
        </button>
      </div>
    </header>
  );
}
