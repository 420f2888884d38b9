import { Processor } from '@nestjs/bullmq';
import { runBullJob } from '@notes/job-events-server/bullmq';
import { type NotesJob, type NotesResult, QUEUES } from '../queue/queue-backend.js';
import { ReportingWorker, WORKER_OPTIONS } from './reporting-worker.js';
import { readDocument, writeNote } from './steps.js';

/** The whole way from the PDF to the note, in one job of the queue. */
@Processor(QUEUES.optimized, WORKER_OPTIONS)
export class PdfNotesOptimizedWorker extends ReportingWorker {
  /** What a try before this one got done is not done twice: there is one note a job. */
  override async process(job: NotesJob): Promise<NotesResult> {
    const { notes, uploads, settings } = this;
    return runBullJob(this.emitter, job, await this.claimOf(job), (run) =>
      this.inWords(run, async () => {
        // A quarter of its share of 20 %: the job shows 5 % from its first moment.
        run.stage('INITIALIZING', 0.25);
        const made = await notes.idOfJob(job.data.jobId);
        if (made !== undefined) return { noteId: made };
        const document = await readDocument(run, job.data, { uploads, limits: settings.pdfLimits });
        return { noteId: await writeNote(run, job.data, document, { notes, model: settings.model }) };
      }),
    );
  }
}
