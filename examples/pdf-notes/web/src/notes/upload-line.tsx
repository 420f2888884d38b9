import { CloseIcon } from '../layout/icons.js';
import type { Upload } from './use-uploads.js';

/** A file that is still being sent, or that the server did not want, with its reason. */
export function UploadLine({ upload, onDismiss }: { upload: Upload; onDismiss(): void }) {
  const isRefused = upload.state === 'refused';
  return (
    <li className={isRefused ? 'job-card is-failed' : 'job-card'}>
      <div className="job-head">
        <span className="file-name">{upload.fileName}</span>
        {isRefused && (
          <button type="button" className="icon-button" aria-label={`Dismiss ${upload.fileName}`} onClick={onDismiss}>
            <CloseIcon />
          </button>
        )}
      </div>
      {isRefused ? (
        <p className="problem" role="alert">
          {upload.reason}
        </p>
      ) : (
        <p className="job-note" role="status">
          Sending…
        </p>
      )}
    </li>
  );
}
