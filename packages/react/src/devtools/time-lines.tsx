import type { Arrival } from './recorder.js';

/** The states of each job in the order and at the time they came, and beneath what was not taken over, and why. */
export function TimeLines({ arrivals }: { arrivals: readonly Arrival[] }) {
  const jobIds = [...new Set(arrivals.map(({ job }) => job.jobId))].reverse();
  const first = Math.min(...arrivals.map(({ at }) => at));
  const span = Math.max(...arrivals.map(({ at }) => at)) - first;
  const placeOf = ({ at }: Arrival) => (span === 0 ? 0 : (at - first) / span);
  const refused = arrivals.filter(({ outcome }) => outcome !== 'new').reverse();
  return (
    <div className="jobs">
      <section aria-label="Jobs">
        <h2>Jobs{span > 0 && <small> over {(span / 1000).toFixed(1)} s</small>}</h2>
        {jobIds.length === 0 && <p>Nothing has arrived since this panel is here.</p>}
        {jobIds.map((jobId) => (
          <TimeLine key={jobId} jobId={jobId} arrivals={arrivals.filter(({ job }) => job.jobId === jobId)} placeOf={placeOf} />
        ))}
      </section>
      <section aria-label="Not taken over">
        <h2>Not taken over</h2>
        {refused.length === 0 && <p>Everything that arrived was new.</p>}
        <ol>
          {refused.map((arrival) => (
            <li key={arrival.id}>
              <b data-outcome={arrival.outcome}>{arrival.outcome}</b> {arrival.job.jobId} <small>{describe(arrival)}</small>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

interface TimeLineProps {
  readonly jobId: string;
  readonly arrivals: readonly Arrival[];
  /** From 0, the first arrival of all, to 1, the last. */
  readonly placeOf: (arrival: Arrival) => number;
}

function TimeLine({ jobId, arrivals, placeOf }: TimeLineProps) {
  const latest = arrivals.findLast(({ outcome }) => outcome === 'new');
  return (
    <div className="job">
      <h3>
        {jobId} {latest && <small>{describe(latest)}</small>}
      </h3>
      <ol className="time-line" aria-label={jobId}>
        {arrivals.map((arrival) => (
          <li
            key={arrival.id}
            title={`${arrival.outcome}: ${describe(arrival)}`}
            data-outcome={arrival.outcome}
            data-status={arrival.job.status}
            style={{ insetInlineStart: `${placeOf(arrival) * 100}%` }}
          >
            <span>
              {arrival.outcome}: {describe(arrival)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

const describe = ({ job, source, times }: Arrival): string =>
  `${job.status} ${job.stage} ${Math.round(job.progress)} %, version ${job.version.join('.')}, ${source}${times > 1 ? `, ${times} ×` : ''}`;
