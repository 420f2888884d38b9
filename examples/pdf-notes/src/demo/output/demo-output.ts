import type { Note } from '../../database/notes.js';
import type { NotesJob } from '../watch-jobs.js';

/** Where the demo shows what happens. */
export interface DemoOutput {
  /** Something for people, such as what is being started. */
  say(text: string): void;
  /** Something that went wrong, and that the demo goes on after. */
  warn(text: string): void;
  /** A state of the job, as received. */
  showJob(job: NotesJob): void;
  showNote(note: Note): void;
  /** Leaves the terminal as it was found, whatever was being drawn. */
  close(): void;
}
