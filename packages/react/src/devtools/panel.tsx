import { useState, useSyncExternalStore, type ReactElement } from 'react';

import { useHookScope } from '../use-hook-scope.js';
import type { UntypedClient } from '../untyped.js';
import { PANEL_STYLES } from './panel-styles.js';
import { recorderOf, type ConnectionChange, type Recording } from './recorder.js';
import { TimeLines } from './time-lines.js';

export interface DevtoolsProps {
  /** Whether the panel is open at first. Default `false`: only its handle is there. It records from then on either way. */
  readonly defaultOpen?: boolean | undefined;
}

export function Panel({ defaultOpen = false }: DevtoolsProps): ReactElement | null {
  const { client } = useHookScope().session;
  const recorder = recorderOf(client);
  // Nothing on a server, nor while hydrating: there is nothing to record yet.
  const recording = useSyncExternalStore(recorder.subscribe, recorder.getRecording, noRecording);
  const [isOpen, setOpen] = useState(defaultOpen);
  if (recording === undefined) return null;
  const { drop, duplicate } = recording.faults;
  return (
    <aside className="job-events-devtools" aria-label="Job events devtools">
      <style>{PANEL_STYLES}</style>
      <header>
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Job events
        </button>
        <span className="state" data-state={recording.state}>
          {recording.state}
        </span>
        {isOpen && (
          <>
            <ConnectionButton client={client} isOff={recording.state === 'DISCONNECTED'} />
            <button type="button" onClick={recorder.dropNext}>
              Drop next{drop > 0 && ` (${drop})`}
            </button>
            <button type="button" onClick={recorder.duplicateNext}>
              Duplicate next{duplicate > 0 && ` (${duplicate})`}
            </button>
            <button type="button" onClick={recorder.clear}>
              Clear
            </button>
          </>
        )}
      </header>
      {isOpen && (
        <div className="body">
          <div className="aside">
            <Connection changes={recording.changes} />
            <Subscriptions subscriptions={recording.subscriptions} />
          </div>
          <TimeLines arrivals={recording.arrivals} />
        </div>
      )}
    </aside>
  );
}

const noRecording = (): Recording | undefined => undefined;

function ConnectionButton({ client, isOff }: { client: UntypedClient; isOff: boolean }) {
  return (
    <button type="button" onClick={() => (isOff ? void client.connect() : client.disconnect())}>
      {isOff ? 'Reconnect' : 'Disconnect'}
    </button>
  );
}

function Connection({ changes }: { changes: readonly ConnectionChange[] }) {
  return (
    <section aria-label="Connection">
      <h2>Connection</h2>
      {changes.length === 0 && <p>No change since this panel is here.</p>}
      <ol>
        {changes.toReversed().map(({ id, at, state, reason }) => (
          <li key={id}>
            <time>{timeOf(at)}</time> {state} <small>{reason}</small>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Subscriptions({ subscriptions }: Pick<Recording, 'subscriptions'>) {
  return (
    <section aria-label="Subscriptions">
      <h2>Subscriptions</h2>
      {subscriptions.length === 0 && <p>Nothing is followed.</p>}
      <ul>
        {subscriptions.map(({ subscription, status, holders }) => (
          <li key={JSON.stringify(subscription)}>
            {'userId' in subscription ? `user ${subscription.userId}` : `job ${subscription.jobId}`}{' '}
            <small>
              {status}, held {holders} ×
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

const timeOf = (at: number): string => new Date(at).toTimeString().slice(0, 8);
