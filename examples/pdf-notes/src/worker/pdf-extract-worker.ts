import { Processor } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { runBullStep } from '@notes/job-events-server/bullmq';
import { ExtractedTexts } from '../database/extracted-texts.js';
import type { NotesJob } from '../queue/queue-backend.js';
import { QUEUES } from '../queue/queue-names.js';
import { ReportingWorker, WORKER_OPTIONS } from './reporting-worker.js';
import { readDocument } from './steps.js';

/** The first of two steps: from the PDF to its text, which waits in the database for the second one. */
@Processor(QUEUES.extract, WORKER_OPTIONS)
export class PdfExtractWorker extends ReportingWorker {
  @Inject(ExtractedTexts) private readonly texts!: ExtractedTexts;

  override async process(job: NotesJob, token: string): Promise<void> {
    const { uploads, settings } = this;
    await runBullStep(this.emitter, job, await this.claimOf(job, token), (run) =>
      this.attempt({ job, token, run }, async (task) => {
        run.stage('INITIALIZING', 0.25);
        const document = await readDocument(task, { uploads, limits: settings.pdfLimits });
        task.signal.throwIfAborted();
        await this.texts.save(job.data.jobId, document);
      }),
    );
  }
}
