import { JobProgress, type JobSnapshot } from '@notes/job-events-react';
import { useState } from 'react';
import { Link } from 'react-router';

import { sentenceFor } from '../http/request-json.js';
import { CloseIcon } from '../layout/icons.js';
import { fileNameOf, isUnfinished } from './job-facts.js';
import { StageSteps } from './stage-steps.js';

interface JobCardProps {
  readonly job: JobSnapshot;
  onCancel(): Promise<void>;
  onDismiss(): void;
}

/** One PDF on its way to notes: where it stands, what can be done about it, and how it ended. */
export function JobCard({ job, onCancel, onDismiss }: JobCardProps) {
  const fileName = fileNameOf(job);
  const [refusal, setRefusal] = useState<string>();
  const cancel = async () => {
    setRefusal(undefined);
    await onCancel().catch((error: unknown) => setRefusal(`It could not be cancelled. ${sentenceFor(error)}`));
  };
  return (
    <li className={`job-card is-${job.status}`} data-job-id={job.jobId}>
      <div className="job-head">
        <span className="file-name">{fileName}</span>
        {isUnfinished(job) ? (
          <button
            type="button"
            className="button quiet"
            disabled={job.cancelRequested}
            aria-label={`Cancel ${fileName}`}
            onClick={() => void cancel()}
          >
            {job.cancelRequested ? 'Cancelling…' : 'Cancel'}
          </button>
        ) : (
          <button type="button" className="icon-button" aria-label={`Dismiss ${fileName}`} onClick={onDismiss}>
            <CloseIcon />
          </button>
        )}
      </div>
      <JobProgress job={job} label={`Notes for ${fileName}`} />
      <JobOutcome job={job} />
      {refusal !== undefined && (
        <p className="problem" role="alert">
          {refusal}
        </p>
      )}
    </li>
  );
}

function JobOutcome({ job }: { job: JobSnapshot }) {
  switch (job.status) {
    case 'completed':
      return (
        <Link to={`/notes/${job.result.noteId}`} className="button primary">
          Open the notes
        </Link>
      );
    case 'failed':
      return <p className="problem">{job.error.message}</p>;
    case 'retrying':
      return <p className="job-note">{job.error.message} Trying again…</p>;
    case 'cancelled':
      return <p className="job-note">Cancelled. Nothing was kept.</p>;
    case 'queued':
    case 'active':
      return (
        <>
          <StageSteps current={job.stage} />
          {job.message !== undefined && <p className="job-note">{job.message}</p>}
        </>
      );
  }
}
