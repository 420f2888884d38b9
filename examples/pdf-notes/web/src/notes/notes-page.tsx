import { useJobs } from '@notes/job-events-react';
import { useEffect } from 'react';
import { useLoaderData, useLocation, useRevalidator } from 'react-router';

import { isUnfinished } from '../jobs/job-facts.js';
import { ProgressList } from '../jobs/progress-list.js';
import { focusOnArrival } from '../layout/focus-on-arrival.js';
import { useTitle } from '../layout/use-title.js';
import { UploadArea } from '../uploads/upload-area.js';
import type { NoteListEntry } from './notes-api.js';
import { NotesList } from './notes-list.js';

/** Where PDFs are dropped, what is under way, and the notes that there are. */
export function NotesPage() {
  const notes = useLoaderData<readonly NoteListEntry[]>();
  const jobs = useJobs();
  const [inFront] = jobs.filter(isUnfinished);
  useTitle(inFront === undefined ? 'Your notes' : `${Math.floor(inFront.progress)} % · Your notes`);
  useFreshNotes(jobs.filter(({ status }) => status === 'completed').length);

  // Opening the page is no arrival from elsewhere.
  const isArrival = useLocation().key !== 'default';
  return (
    <main id="content" className="page">
      <h1 ref={isArrival ? focusOnArrival : undefined} tabIndex={-1}>
        Turn a PDF into study notes
      </h1>
      <UploadArea />
      <ProgressList />
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
