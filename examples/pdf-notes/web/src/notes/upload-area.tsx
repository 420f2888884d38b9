import { useRef, useState, type ChangeEvent, type DragEvent } from 'react';

import { UploadIcon } from '../layout/icons.js';

/** A button that opens the file chooser, and the area around it that takes dropped files. */
export function UploadArea({ onFiles }: { onFiles(files: Iterable<File>): void }) {
  const chooser = useRef<HTMLInputElement>(null);
  const [isTarget, setIsTarget] = useState(false);

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsTarget(false);
    onFiles(event.dataTransfer.files);
  };
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(event.target.files ?? [])]);
    event.target.value = ''; // so that choosing the same file again counts
  };

  return (
    <section
      className={isTarget ? 'upload-area is-target' : 'upload-area'}
      aria-label="Upload"
      onDragOver={(event) => {
        event.preventDefault();
        setIsTarget(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setIsTarget(false);
      }}
      onDrop={drop}
    >
      <UploadIcon />
      <p className="upload-hint">{isTarget ? 'Let go to upload' : 'Drop PDFs here'}</p>
      <button type="button" className="button primary" onClick={() => chooser.current?.click()}>
        Choose PDFs
      </button>
      <p className="upload-limits">Up to 25 MB each, with text in them</p>
      <input ref={chooser} type="file" accept=".pdf,application/pdf" multiple hidden aria-label="PDF files" onChange={choose} />
    </section>
  );
}
