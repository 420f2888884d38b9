import type { MouseEvent } from 'react';

import { ProgressCard } from '../jobs/progress-card.js';
import { CloseIcon } from '../layout/icons.js';
import { focusNeighbour } from '../layout/use-kept-focus.js';
import { useUploadQueue } from './uploads-context.js';
import type { Upload } from './upload.js';

/** A file that is being sent, that waits for its turn, or that was not sent, with the reason. */
export function UploadCard({ upload }: { upload: Upload }) {
  const { fileName } = upload;
  const percent = upload.state === 'sending' ? Math.floor(upload.sent * 100) : upload.state === 'accepted' ? 100 : 0;
  const label = labelOf(upload);
  return (
    <ProgressCard
      fileName={fileName}
      tone={upload.state === 'stopped' ? 'failed' : 'sending'}
      bar={{ role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent, 'aria-valuetext': `${label}, ${percent} %` }}
      label={label}
      remarks={upload.path === 'steps' ? ['step by step'] : []}
      stagesDone={-1}
      actions={<UploadActions upload={upload} />}
      detail={
        upload.state === 'stopped' && (
          <p className="problem" role="alert">
            {upload.next === 'choose-again' ? `${upload.reason} Choose it again to send it.` : upload.reason}
          </p>
        )
      }
    />
  );
}

function labelOf(upload: Upload): string {
  switch (upload.state) {
    case 'waiting':
      return 'Waiting to be sent';
    case 'sending':
      return upload.sent < 1 ? 'Sending' : 'Being checked';
    case 'accepted':
      return 'Sent';
    case 'stopped':
      return 'Not sent';
  }
}

function UploadActions({ upload: { id, fileName, ...upload } }: { upload: Upload }) {
  const queue = useUploadQueue();
  const dismiss = ({ currentTarget }: MouseEvent) => {
    focusNeighbour(currentTarget.closest('li'));
    queue.dismiss(id);
  };
  if (upload.state === 'accepted') return null;
  if (upload.state !== 'stopped')
    return (
      <button type="button" className="button quiet" aria-label={`Stop: ${fileName}`} onClick={dismiss}>
        Stop
      </button>
    );
  return (
    <>
      {upload.next === 'send-again' && (
        <button type="button" className="button" aria-label={`Send again: ${fileName}`} onClick={() => queue.sendAgain(id)}>
          Send again
        </button>
      )}
      <button type="button" className="icon-button" aria-label={`Dismiss ${fileName}`} onClick={dismiss}>
        <CloseIcon />
      </button>
    </>
  );
}
