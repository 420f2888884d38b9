import { getAnnouncement, useJobWebSocket, type JobSnapshot } from '@notes/job-events-react';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation, useNavigate, useNavigation } from 'react-router';

import { useAnnouncements } from '../announce/announcer.js';
import { CloseIcon } from '../layout/icons.js';
import { useNoteDestination, useUploadQueue, useUploads } from '../uploads/uploads-context.js';
import { fileNameOf, isUnfinished, knownJob } from './job-facts.js';
import { STAGE_LABELS } from './stages.js';

/** An end that came while the user was elsewhere. */
interface Notice {
  readonly jobId: string;
  readonly fileName: string;
  readonly noteId?: string;
}

const MOST_NOTICES = 3;

/**
 * Does what has to be done when jobs go on or end, whichever page is open: says so, leads to the note of a PDF that was
 * waited for alone, and elsewhere leaves a notice rather than take a reader away from what is read.
 */
export function JobNews() {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const queue = useUploadQueue();
  const destination = useNoteDestination();
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const isLeaving = useNavigation().state !== 'idle';
  /** Asked when something ends: the address is ahead of what is rendered. */
  const isElsewhere = () => isLeaving || window.location.pathname !== '/';

  const leaveNotice = (job: JobSnapshot, noteId?: string) => {
    if (!isElsewhere()) return;
    const notice = { jobId: job.jobId, fileName: fileNameOf(job), ...(noteId !== undefined && { noteId }) };
    setNotices((others) => [notice, ...others].slice(0, MOST_NOTICES));
  };
  const { jobs, dismissJob } = useJobWebSocket({
    onJobCompleted: ({ noteId }, job) => {
      const wasAlone = destination.ended(job.jobId);
      leaveNotice(job, noteId);
      if (!wasAlone || isElsewhere()) return;
      queue.dismissJob(job.jobId);
      dismissJob(job.jobId); // whoever sees the note knows that it is finished
      void navigate(`/notes/${noteId}`);
    },
    onJobError: (_error, job) => {
      destination.ended(job.jobId);
      leaveNotice(job);
    },
    onJobCancelled: (job) => void destination.ended(job.jobId),
  });
  useSpokenProgress(jobs);
  useSettledUploads(jobs);

  const dismissNotice = (jobId: string) => setNotices((all) => all.filter((one) => one.jobId !== jobId));

  if (pathname === '/' || notices.length === 0) return null;
  return (
    <aside className="notices" aria-label="Notices">
      {notices.map(({ jobId, fileName, noteId }) => (
        <p key={jobId} className="notice">
          <span>
            <span className="file-name">{fileName}</span> {noteId === undefined ? 'could not be turned into notes.' : 'has been turned into notes.'}
          </span>
          <Link to={noteId === undefined ? '/' : `/notes/${noteId}`} onClick={() => dismissNotice(jobId)}>
            {noteId === undefined ? 'Show why' : 'Open them'}
          </Link>
          <button type="button" className="icon-button" aria-label={`Dismiss the notice about ${fileName}`} onClick={() => dismissNotice(jobId)}>
            <CloseIcon />
          </button>
        </p>
      ))}
    </aside>
  );
}

/** Says where each job stands, and nothing about those that had ended before the page was opened. */
function useSpokenProgress(jobs: readonly JobSnapshot[]): void {
  const announcements = useAnnouncements();
  const isFirst = useRef(true);
  useEffect(() => {
    for (const job of jobs) {
      const text = `${fileNameOf(job)}: ${getAnnouncement(job, STAGE_LABELS)}.`;
      if (isFirst.current && !isUnfinished(job)) announcements.assume(job.jobId, text);
      else announcements.say(job.jobId, text);
    }
    if (jobs.length > 0) isFirst.current = false;
  }, [jobs, announcements]);
}

/** Finds the jobs of uploads whose answers were lost, and forgets the uploads whose jobs have left the list. */
function useSettledUploads(jobs: readonly JobSnapshot[]): void {
  const queue = useUploadQueue();
  const uploads = useUploads();
  const seen = useRef(new Set<string>());
  useEffect(() => {
    const present = new Set(jobs.map(({ jobId }) => jobId));
    queue.adopt(jobs.map(knownJob));
    for (const upload of uploads) if (upload.state === 'accepted' && seen.current.has(upload.jobId) && !present.has(upload.jobId)) queue.dismissJob(upload.jobId);
    seen.current = present;
  }, [queue, uploads, jobs]);
}
