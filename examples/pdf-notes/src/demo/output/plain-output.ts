import type { Note } from '../../database/notes.js';
import type { NotesJob } from '../watch-jobs.js';
import type { DemoOutput } from './demo-output.js';
import { describeStage } from './describe-stage.js';
import { formatNote } from './format-note.js';

/** A file or a pipe: a line for each new stage and each further ten percent. */
export class PlainOutput implements DemoOutput {
  readonly #write: (text: string) => void;
  /** The last one that was shown. */
  #last: NotesJob | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(text: string): void {
    this.#write(`${text}\n`);
  }

  warn(text: string): void {
    this.say(text);
  }

  showJob(job: NotesJob): void {
    const last = this.#last;
    if (last?.stage === job.stage && last.status === job.status && job.progress < last.progress + 10) return;
    this.#last = job;
    this.say(`  ${String(Math.round(job.progress)).padStart(3)} %  ${describeStage(job)}`);
  }

  showNote(note: Note): void {
    this.say(formatNote(note, { width: 100, colors: false }));
  }

  close(): void {}
}
