import { Link, useRevalidator } from 'react-router';

import { signOut } from '../session/session-api.js';
import { useUser } from '../session/user-context.js';
import { ConnectionBadge } from './connection-badge.js';
import { LogoIcon } from './icons.js';

export function PageHeader() {
  const user = useUser();
  const { revalidate } = useRevalidator();
  const leave = async () => {
    await signOut();
    await revalidate();
  };
  return (
    <header className="page-header">
      <Link to="/" className="brand">
        <LogoIcon />
        <span>PDF Notes</span>
      </Link>
      <ConnectionBadge />
      <div className="account">
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
