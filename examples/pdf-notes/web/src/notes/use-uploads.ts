import { useReducer } from 'react';

import { sentenceFor } from '../http/request-json.js';
import { uploadPdf } from './upload-api.js';

/** A file on its way to the server, from the moment it was dropped until its job takes over. */
export type Upload = { readonly id: string; readonly fileName: string } & (
  | { readonly state: 'sending' }
  | { readonly state: 'accepted'; readonly jobId: string }
  | { readonly state: 'refused'; readonly reason: string }
);

type UploadAction =
  | { readonly type: 'started'; readonly id: string; readonly fileName: string }
  | { readonly type: 'accepted'; readonly id: string; readonly jobId: string }
  | { readonly type: 'refused'; readonly id: string; readonly reason: string }
  | { readonly type: 'dismissed'; readonly id: string };

function uploadsReducer(uploads: readonly Upload[], action: UploadAction): readonly Upload[] {
  switch (action.type) {
    case 'started':
      return [...uploads, { id: action.id, fileName: action.fileName, state: 'sending' }];
    case 'dismissed':
      return uploads.filter((upload) => upload.id !== action.id);
    case 'accepted':
    case 'refused':
      return uploads.map((upload) => (upload.id === action.id ? settled(upload, action) : upload));
  }
}

function settled({ id, fileName }: Upload, action: Extract<UploadAction, { type: 'accepted' | 'refused' }>): Upload {
  return action.type === 'accepted'
    ? { id, fileName, state: 'accepted', jobId: action.jobId }
    : { id, fileName, state: 'refused', reason: action.reason };
}

/**
 * Sends files, each by itself, so that one that is refused does not hold up the others.
 *
 * @param onAccepted called with the id of the job that the server began for a file
 */
export function useUploads(onAccepted: (jobId: string) => void) {
  const [uploads, dispatch] = useReducer(uploadsReducer, []);

  const send = async (file: File) => {
    const id = crypto.randomUUID();
    dispatch({ type: 'started', id, fileName: file.name });
    try {
      const { jobId } = await uploadPdf(file);
      onAccepted(jobId);
      dispatch({ type: 'accepted', id, jobId });
    } catch (error) {
      dispatch({ type: 'refused', id, reason: sentenceFor(error) });
    }
  };

  return {
    uploads,
    isSending: uploads.some(({ state }) => state === 'sending'),
    sendAll: (files: Iterable<File>) => void Promise.all([...files].map(send)),
    dismiss: (id: string) => dispatch({ type: 'dismissed', id }),
  };
}
