import { getProgressProps, stageLabel, useJobWebSocket, type JobSnapshot } from '@notes/job-events-react';
import { useState, type MouseEvent, type ReactNode } from 'react';
import { Link } from 'react-router';

import { sentenceFor } from '../http/request-json.js';
import { CloseIcon } from '../layout/icons.js';
import { focusNeighbour } from '../layout/use-kept-focus.js';
import { useNoteDestination, useUploadQueue } from '../uploads/uploads-context.js';
import { fileNameOf, isUnfinished } from './job-facts.js';
import { ProgressCard } from './progress-card.js';
import { retryJob } from './retry-job.js';
import { isStage, STAGE_LABELS, stagesDone } from './stages.js';

/** A job: where it stands, what can be done about it, and how it ended. */
export function JobCard({ job }: { job: JobSnapshot }) {
  const fileName = fileNameOf(job);
  const [refusal, setRefusal] = useState<Refusal>();
  const shownRefusal = refusal?.status === job.status ? refusal.sentence : undefined;
  return (
    <ProgressCard
      jobId={job.jobId}
      fileName={fileName}
      tone={job.status}
      bar={getProgressProps(job, STAGE_LABELS)}
      label={stageLabel(job.status === 'active' ? job.stage : job.status.toUpperCase(), STAGE_LABELS)}
      remarks={remarksOn(job)}
      stagesDone={stagesDone(job, useLastStage(job))}
      actions={<JobActions job={job} fileName={fileName} onRefused={(sentence) => setRefusal({ sentence, status: job.status })} />}
      detail={
        shownRefusal === undefined ? (
          detailOf(job)
        ) : (
          <p className="problem" role="alert">
            {shownRefusal}
          </p>
        )
      }
    />
  );
}

/** A job that has ended says so in place of its stage; where it was before is remembered here. */
function useLastStage({ stage }: JobSnapshot): string | undefined {
  const [last, setLast] = useState<string>();
  if (isStage(stage) && stage !== last) setLast(stage);
  return last;
}

/** What the server said to a click; it stands until the job has gone on. */
interface Refusal {
  readonly sentence: string;
  readonly status: JobSnapshot['status'];
}

interface JobActionsProps {
  readonly job: JobSnapshot;
  readonly fileName: string;
  onRefused(sentence: string): void;
}

function JobActions({ job, fileName, onRefused }: JobActionsProps) {
  const { cancelJob, dismissJob, trackJob } = useJobWebSocket();
  const queue = useUploadQueue();
  const destination = useNoteDestination();

  const cancel = () => {
    if (job.cancelRequested) return;
    cancelJob(job.jobId).catch((error: unknown) => onRefused(`It could not be cancelled. ${sentenceFor(error)}`));
  };
  const retry = async () => {
    trackJob(job.jobId); // whoever tries again waits for the end, wherever the job was begun
    try {
      await retryJob(job.jobId);
      destination.begun(job.jobId);
    } catch (error) {
      onRefused(sentenceFor(error));
    }
  };
  const dismiss = ({ currentTarget }: MouseEvent) => {
    focusNeighbour(currentTarget.closest('li'));
    queue.dismissJob(job.jobId);
    dismissJob(job.jobId);
  };

  // The first button stays the same one, and keeps the focus, while what it does changes.
  return (
    <>
      {isUnfinished(job) && (
        <button key="act" type="button" className="button quiet" aria-disabled={job.cancelRequested} aria-label={`${job.cancelRequested ? 'Cancelling…' : 'Cancel'} ${fileName}`} onClick={cancel}>
          {job.cancelRequested ? 'Cancelling…' : 'Cancel'}
        </button>
      )}
      {canBeRetried(job) && (
        <button key="act" type="button" className="button" aria-label={`Try again: ${fileName}`} onClick={() => void retry()}>
          Try again
        </button>
      )}
      {job.status === 'completed' && (
        <Link to={`/notes/${job.result.noteId}`} className="button primary" aria-label={`Open the notes of ${fileName}`}>
          <span>
            Open<span className="wide-only"> the notes</span>
          </span>
        </Link>
      )}
      {!isUnfinished(job) && (
        <button type="button" className="icon-button" aria-label={`Dismiss ${fileName}`} onClick={dismiss}>
          <CloseIcon />
        </button>
      )}
    </>
  );
}

/** Where the PDF itself is the reason, another try would end like this one. */
const canBeRetried = (job: JobSnapshot): boolean => job.status === 'cancelled' || (job.status === 'failed' && job.error.retryable);

function remarksOn({ metadata, version: [attempt] }: JobSnapshot): string[] {
  return [...(metadata?.path === 'steps' ? ['step by step'] : []), ...(attempt > 1 ? [`attempt ${attempt}`] : [])];
}

function detailOf(job: JobSnapshot): ReactNode {
  switch (job.status) {
    case 'completed':
      return <p>The notes are ready.</p>;
    case 'failed':
      return <p className="problem">{job.error.message}</p>;
    case 'retrying':
      return <p className="warning">{job.error.message} Trying again…</p>;
    case 'cancelled':
      return <p>Cancelled. No notes were made.</p>;
    case 'queued':
      return <p>Waiting for a worker</p>;
    case 'active':
      return <p>{job.message}</p>;
  }
}
