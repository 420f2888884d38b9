import { useConnectionState, type ConnectionState } from '@notes/job-events-react';
import { useEffect, useSyncExternalStore } from 'react';

import { useAnnouncements } from '../announce/announcer.js';
import type { StatusAnswer, StatusRequests } from './status-requests.js';
import { useIsOnline } from './use-is-online.js';

type Badge = 'live' | 'polling' | 'connecting' | 'offline';

const LABELS: Readonly<Record<Badge, string>> = {
  live: 'Live',
  polling: 'Polling',
  connecting: 'Connecting',
  offline: 'Offline',
};

const EXPLANATIONS: Readonly<Record<Badge, string>> = {
  live: 'Progress arrives as it happens.',
  polling: 'The live connection is being restored; progress is asked for every few seconds meanwhile.',
  connecting: 'The live connection is being made.',
  offline: 'Nothing arrives at the moment. What happens meanwhile is shown afterwards.',
};

/** How news of the jobs arrives. */
export function ConnectionBadge({ requests }: { requests: StatusRequests }) {
  const state = useConnectionState();
  const isOnline = useIsOnline();
  const last = useSyncExternalStore(requests.subscribe, requests.getLast);
  const badge = isOnline ? badgeOf(state, last) : 'offline';

  const announcements = useAnnouncements();
  useEffect(() => {
    if (state === 'CONNECTED') requests.forget();
  }, [state, requests]);
  useEffect(() => {
    const text = `Connection: ${LABELS[badge]}. ${EXPLANATIONS[badge]}`;
    if (badge === 'polling' || badge === 'offline') announcements.say('connection', text);
    else if (badge === 'live') announcements.amend('connection', text);
  }, [badge, announcements]);

  return (
    <span className={`connection-badge is-${badge}`} title={EXPLANATIONS[badge]}>
      <span className="visually-hidden">Connection: </span>
      <span>{LABELS[badge]}</span>
    </span>
  );
}

function badgeOf(state: ConnectionState, last: StatusAnswer): Badge {
  if (state === 'CONNECTED') return 'live';
  if (last === 'answered') return 'polling';
  return last === 'unanswered' || state === 'DISCONNECTED' ? 'offline' : 'connecting';
}
