import { useConnectionState, useJobs, type ConnectionState } from '@notes/job-events-react';

import { isUnfinished } from '../notes/job-facts.js';
import { useIsOnline } from './use-is-online.js';

type Badge = 'live' | 'polling' | 'connecting' | 'reconnecting' | 'offline';

const LABELS: Readonly<Record<Badge, string>> = {
  live: 'Live',
  polling: 'Polling',
  connecting: 'Connecting',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
};

const EXPLANATIONS: Readonly<Record<Badge, string>> = {
  live: 'Progress arrives as it happens.',
  polling: 'The live connection is being restored; progress is asked for meanwhile.',
  connecting: 'The live connection is being made.',
  reconnecting: 'The live connection was lost and is being restored.',
  offline: 'Nothing arrives at the moment. What happens meanwhile is shown afterwards.',
};

/** How news of the jobs arrives. While the socket is away, the client asks over HTTP for jobs that go on. */
export function ConnectionBadge() {
  const state = useConnectionState();
  const isOnline = useIsOnline();
  const hasUnfinishedJobs = useJobs().some(isUnfinished);
  const badge = isOnline ? badgeOf(state, hasUnfinishedJobs) : 'offline';
  return (
    <span className={`connection-badge is-${badge}`} role="status" title={EXPLANATIONS[badge]}>
      {LABELS[badge]}
    </span>
  );
}

function badgeOf(state: ConnectionState, hasUnfinishedJobs: boolean): Badge {
  switch (state) {
    case 'CONNECTED':
      return 'live';
    case 'CONNECTING':
      return hasUnfinishedJobs ? 'polling' : 'connecting';
    case 'RECONNECTING':
      return hasUnfinishedJobs ? 'polling' : 'reconnecting';
    case 'DISCONNECTED':
      return 'offline';
  }
}
