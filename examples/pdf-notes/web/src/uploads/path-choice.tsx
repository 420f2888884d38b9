import type { JobPath } from '../../../src/pdf-notes-job.js';

const KEY = 'pdf-notes:path';

const PATHS: readonly { readonly path: JobPath; readonly name: string; readonly explanation: string }[] = [
  { path: 'optimized', name: 'In one go', explanation: 'One worker does everything.' },
  { path: 'steps', name: 'Step by step', explanation: 'One worker reads, another one writes.' },
];

/** The way that was chosen last, on this machine. */
export function readPath(): JobPath {
  try {
    return localStorage.getItem(KEY) === 'steps' ? 'steps' : 'optimized';
  } catch {
    return 'optimized';
  }
}

interface PathChoiceProps {
  readonly path: JobPath;
  onChange(path: JobPath): void;
}

/** Which way the next PDFs take through the workers. What is seen of it is the same. */
export function PathChoice({ path, onChange }: PathChoiceProps) {
  const choose = (next: JobPath) => {
    onChange(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Forbidden: it is asked anew next time.
    }
  };
  return (
    <fieldset className="path-choice">
      <legend className="visually-hidden">How the notes are made</legend>
      {PATHS.map((one) => (
        <label key={one.path} className="path-option">
          <input type="radio" name="path" value={one.path} checked={path === one.path} aria-describedby={`path-${one.path}`} onChange={() => choose(one.path)} />
          <span>{one.name}</span>
        </label>
      ))}
      <p className="path-explanation">
        {PATHS.map((one) => (
          <span key={one.path} id={`path-${one.path}`} className={path === one.path ? undefined : 'is-other'}>
            {one.explanation}
          </span>
        ))}
      </p>
    </fieldset>
  );
}
