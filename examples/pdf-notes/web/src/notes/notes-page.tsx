import { useJobWebSocket } from '@notes/job-events-react';
import { useEffect, useRef } from 'react';
import { useLoaderData, useNavigate, useRevalidator } from 'react-router';

import { useUser } from '../session/user-context.js';
import { JobCard } from './job-card.js';
import type { NoteListEntry } from './notes-api.js';
import { NotesList } from './notes-list.js';
import { UploadArea } from './upload-area.js';
import { UploadLine } from './upload-line.js';
import { useUploads } from './use-uploads.js';

/** Upload button, progress display, notes list; once the last PDF's notes are made, the page goes to them. */
export function NotesPage() {
  const user = useUser();
  const notes = useLoaderData<readonly NoteListEntry[]>();
  const navigate = useNavigate();

  /** The jobs that this page began and that have not ended: whoever waits for several is not led away from them. */
  const underWay = useRef(new Set<string>());

  const { jobs, trackJob, cancelJob, dismissJob } = useJobWebSocket({
    userId: user.id,
    onJobCompleted: ({ noteId }, { jobId }) => {
      underWay.current.delete(jobId);
      if (underWay.current.size > 0 || isSending) return;
      dismissJob(jobId); // whoever sees the note knows that it is finished
      void navigate(`/notes/${noteId}`);
    },
    onJobError: (_error, { jobId }) => underWay.current.delete(jobId),
    onJobCancelled: ({ jobId }) => underWay.current.delete(jobId),
  });
  const { uploads, isSending, sendAll, dismiss } = useUploads((jobId) => {
    underWay.current.add(jobId);
    trackJob(jobId);
  });
  useFreshNotes(jobs.filter((job) => job.status === 'completed').length);

  const waiting = uploads.filter((upload) => upload.state !== 'accepted' || !jobs.some((job) => job.jobId === upload.jobId));
  return (
    <main className="page">
      <h1>Turn a PDF into study notes</h1>
      <UploadArea onFiles={sendAll} />
      {(waiting.length > 0 || jobs.length > 0) && (
        <section aria-labelledby="jobs-heading">
          <h2 id="jobs-heading">Progress</h2>
          <ul className="job-list">
            {waiting.map((upload) => (
              <UploadLine key={upload.id} upload={upload} onDismiss={() => dismiss(upload.id)} />
            ))}
            {jobs.map((job) => (
              <JobCard key={job.jobId} job={job} onCancel={() => cancelJob(job.jobId)} onDismiss={() => dismissJob(job.jobId)} />
            ))}
          </ul>
        </section>
      )}
      <NotesList notes={notes} />
    </main>
  );
}

/** Loads the list again whenever one more job has been completed, in this tab or in another. */
function useFreshNotes(completedJobs: number): void {
  const { revalidate } = useRevalidator();
  useEffect(() => {
    if (completedJobs > 0) void revalidate();
  }, [completedJobs, revalidate]);
}
