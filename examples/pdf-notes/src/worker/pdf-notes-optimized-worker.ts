import { Processor } from '@nestjs/bullmq';
import { runBullJob } from '@notes/job-events-server/bullmq';
import type { NotesJob, NotesResult } from '../queue/queue-backend.js';
import { QUEUES } from '../queue/queue-names.js';
import { ReportingWorker, WORKER_OPTIONS } from './reporting-worker.js';
import { readDocument, writeNote } from './steps.js';

/** The whole way from the PDF to the note, in one job of the queue. */
@Processor(QUEUES.optimized, WORKER_OPTIONS)
export class PdfNotesOptimizedWorker extends ReportingWorker {
  /** What a try before this one got done is not done twice: there is one note a job. */
  override async process(job: NotesJob, token: string): Promise<NotesResult> {
    const { notes, uploads, settings } = this;
    return runBullJob(this.emitter, job, await this.claimOf(job, token), (run) =>
      this.attempt({ job, token, run }, async (task) => {
        // A quarter of its share of 20 %: the job shows 5 % from its first moment.
        run.stage('INITIALIZING', 0.25);
        const made = await notes.idOfJob(job.data.jobId);
        if (made !== undefined) return { noteId: made };
        const document = await readDocument(task, { uploads, limits: settings.pdfLimits });
        return { noteId: await writeNote(task, document, { notes, model: settings.model }) };
      }),
    );
  }
}
