import { SingleBar } from 'cli-progress';
import type { Note } from '../../database/notes.js';
import { formatNote } from './format-note.js';
import type { NotesJob } from '../watch-jobs.js';
import type { DemoOutput } from './demo-output.js';
import { describeStage } from './describe-stage.js';

/** A terminal with a person in front of it: one bar that moves. */
export class TerminalOutput implements DemoOutput {
  readonly #stream: NodeJS.WriteStream;
  #bar: SingleBar | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  say(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  warn(text: string): void {
    // The bar is drawn again by the next state.
    this.close();
    this.say(text);
  }

  showJob(job: NotesJob): void {
    this.#bar ??= this.#startBar();
    this.#bar.update(Math.round(job.progress), { stage: describeStage(job) });
    if (job.status === 'completed') this.close();
  }

  showNote(note: Note): void {
    this.say(formatNote(note, { width: Math.min(this.#stream.columns || 80, 100), colors: this.#stream.hasColors() }));
  }

  close(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #startBar(): SingleBar {
    const bar = new SingleBar({
      format: '  {bar} {percentage} %  {stage}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      hideCursor: true,
      stream: this.#stream,
      autopadding: true,
      gracefulExit: false,
    });
    bar.start(100, 0, { stage: '' });
    return bar;
  }
}
