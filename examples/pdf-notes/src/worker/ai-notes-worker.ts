import { Processor } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { runBullJob } from '@notes/job-events-server/bullmq';
import { ExtractedTexts } from '../database/extracted-texts.js';
import type { NotesJob, NotesResult } from '../queue/queue-backend.js';
import { QUEUES } from '../queue/queue-names.js';
import { FinalProblem } from './job-problem.js';
import { ReportingWorker, WORKER_OPTIONS } from './reporting-worker.js';
import { writeNote } from './steps.js';

/** The second of two steps: from the text to the note. */
@Processor(QUEUES.notes, WORKER_OPTIONS)
export class AiNotesWorker extends ReportingWorker {
  @Inject(ExtractedTexts) private readonly texts!: ExtractedTexts;

  override async process(job: NotesJob, token: string): Promise<NotesResult> {
    const { notes, settings } = this;
    return runBullJob(this.emitter, job, await this.claimOf(job, token), (run) =>
      this.attempt({ job, token, run }, async (task) => {
        const made = await notes.idOfJob(job.data.jobId);
        if (made !== undefined) return { noteId: made };
        const document = await this.texts.read(job.data.jobId);
        if (document === undefined) throw new FinalProblem('TEXT_GONE', 'What was read of this PDF is gone. Please try again.');
        return { noteId: await writeNote(task, document, { notes, model: settings.model }) };
      }),
    );
  }
}
