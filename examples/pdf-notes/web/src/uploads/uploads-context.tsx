import { useJobWebSocket } from '@notes/job-events-react';
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';

import { NoteDestination } from '../jobs/note-destination.js';
import { useSession } from '../session/session-context.js';
import { tabMemory } from '../tab-memory.js';
import { keptFilesOf } from './kept-files.js';
import { sendFile } from './send-file.js';
import type { Upload } from './upload.js';
import { UploadQueue } from './upload-queue.js';

interface Uploads {
  readonly queue: UploadQueue;
  readonly destination: NoteDestination;
}

const UploadsContext = createContext<Uploads | null>(null);

/** Sends files for the signed-in user, from whichever page, and asks before the tab is closed on them. */
export function UploadsProvider({ children }: { children: ReactNode }) {
  const { user, uploadLimitBytes } = useSession();
  const { trackJob } = useJobWebSocket();
  const [uploads] = useState(() => createUploads(user.id, uploadLimitBytes, trackJob));
  const { queue } = uploads;

  useEffect(() => void queue.restore(), [queue]);

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (queue.isSending()) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [queue]);

  return <UploadsContext value={uploads}>{children}</UploadsContext>;
}

function createUploads(userId: string, limitBytes: number, trackJob: (jobId: string) => void): Uploads {
  const destination = new NoteDestination(tabMemory(`pdf-notes:begun:${userId}`));
  const queue = new UploadQueue(
    {
      send: sendFile,
      objection: ({ size }) => (size > limitBytes ? `This file is too large: a PDF may have at most ${megabytes(limitBytes)} MB.` : undefined),
      keptFiles: keptFilesOf(userId),
      memory: tabMemory(`pdf-notes:uploads:${userId}`),
      newId: () => crypto.randomUUID(),
    },
    {
      onBegun: (id) => destination.begun(id),
      onAccepted: (id, jobId) => {
        destination.becomes(id, jobId);
        trackJob(jobId);
      },
      onStopped: (id) => void destination.ended(id),
    },
  );
  return { queue, destination };
}

/** With one decimal at most. */
export const megabytes = (bytes: number): number => Math.round((bytes / 1024 ** 2) * 10) / 10;

function useUploadsContext(): Uploads {
  const uploads = useContext(UploadsContext);
  if (uploads === null) throw new Error('Uploads are for those who are signed in.');
  return uploads;
}

export const useUploadQueue = (): UploadQueue => useUploadsContext().queue;
export const useNoteDestination = (): NoteDestination => useUploadsContext().destination;

/** What this tab is sending, newest first. */
export function useUploads(): readonly Upload[] {
  const { subscribe, getUploads } = useUploadQueue();
  return useSyncExternalStore(subscribe, getUploads);
}
