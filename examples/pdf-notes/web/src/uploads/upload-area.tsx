import { useJobs } from '@notes/job-events-react';
import { useEffect, useEffectEvent, useRef, useState, type ChangeEvent } from 'react';

import { knownJob } from '../jobs/job-facts.js';
import { UploadIcon } from '../layout/icons.js';
import { useSession } from '../session/session-context.js';
import { PathChoice, readPath } from './path-choice.js';
import { megabytes, useUploadQueue } from './uploads-context.js';

/** A button that opens the file chooser, and an area for dropped files, which takes what is dropped beside it too. */
export function UploadArea() {
  const queue = useUploadQueue();
  const jobs = useJobs();
  const { uploadLimitBytes } = useSession();
  const [path, setPath] = useState(readPath);
  const chooser = useRef<HTMLInputElement>(null);
  const send = (files: Iterable<File>) => queue.add(files, path, jobs.map(knownJob));
  const isTarget = useDroppedFiles(send);

  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    send([...(event.target.files ?? [])]);
    event.target.value = ''; // so that choosing the same file again counts
  };

  return (
    <section className={isTarget ? 'upload-area is-target' : 'upload-area'} aria-label="Upload">
      <UploadIcon />
      <p className="upload-hint">{isTarget ? 'Let go to upload' : 'Drop PDFs here'}</p>
      <button type="button" className="button primary" data-fills-list onClick={() => chooser.current?.click()}>
        Choose PDFs
      </button>
      <p className="upload-limits">Several at once, up to {megabytes(uploadLimitBytes)} MB each, with text in them</p>
      <PathChoice path={path} onChange={setPath} />
      <input ref={chooser} type="file" accept=".pdf,application/pdf" multiple hidden aria-label="PDF files" onChange={choose} />
    </section>
  );
}

/** @returns whether files are held over the page right now. */
function useDroppedFiles(onFiles: (files: Iterable<File>) => void): boolean {
  const [isTarget, setIsTarget] = useState(false);
  const take = useEffectEvent((event: DragEvent) => {
    setIsTarget(false);
    onFiles(event.dataTransfer?.files ?? []);
  });
  useEffect(() => {
    const whereFiles = (handle: (event: DragEvent) => void) => (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // else the browser would open the file in place of the page
      handle(event);
    };
    const over = whereFiles(() => setIsTarget(true));
    const drop = whereFiles(take);
    const leave = ({ relatedTarget }: DragEvent) => relatedTarget === null && setIsTarget(false);
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    window.addEventListener('dragleave', leave);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
      window.removeEventListener('dragleave', leave);
    };
  }, []);
  return isTarget;
}
