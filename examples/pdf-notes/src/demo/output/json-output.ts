import type { Note } from '../../database/notes.js';
import type { NotesJob } from '../watch-jobs.js';
import type { DemoOutput } from './demo-output.js';

/** For programs: one JSON object a line on standard output, each state of the job and then the note; words go to standard error. */
export class JsonOutput implements DemoOutput {
  readonly #write: (line: string) => void;
  readonly #sayToPeople: (text: string) => void;

  constructor(write: (line: string) => void, sayToPeople: (text: string) => void) {
    this.#write = write;
    this.#sayToPeople = sayToPeople;
  }

  say(text: string): void {
    this.#sayToPeople(`${text}\n`);
  }

  warn(text: string): void {
    this.say(text);
  }

  showJob(job: NotesJob): void {
    this.#write(`${JSON.stringify(job)}\n`);
  }

  showNote({ id, title, summary, sections, keyTerms, quiz }: Note): void {
    this.#write(`${JSON.stringify({ note: { id, title, summary, sections, keyTerms, quiz } })}\n`);
  }

  close(): void {}
}
