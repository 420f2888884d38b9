import type { ConnectionState } from '@notes/job-events-client';

import { useConnectionStateIn, useHookScope } from './use-hook-scope.js';

/** The state of the user's connection; `DISCONNECTED` while nobody is followed, and on a server. */
export function useConnectionState(): ConnectionState {
  return useConnectionStateIn(useHookScope());
}
