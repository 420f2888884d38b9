import { Processor } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { runBullStep } from '@notes/job-events-server/bullmq';
import { ExtractedTexts } from '../database/extracted-texts.js';
import { type NotesJob, QUEUES } from '../queue/queue-backend.js';
import { ReportingWorker, WORKER_OPTIONS } from './reporting-worker.js';
import { readDocument } from './steps.js';

/** The first of two steps: from the PDF to its text, which waits in the database for the second one. */
@Processor(QUEUES.extract, WORKER_OPTIONS)
export class PdfExtractWorker extends ReportingWorker {
  @Inject(ExtractedTexts) private readonly texts!: ExtractedTexts;

  override async process(job: NotesJob): Promise<void> {
    const { uploads, settings } = this;
    await runBullStep(this.emitter, job, await this.claimOf(job), (run) =>
      this.inWords(run, async () => {
        run.stage('INITIALIZING', 0.25);
        const document = await readDocument(run, job.data, { uploads, limits: settings.pdfLimits });
        run.signal.throwIfAborted();
        await this.texts.save(job.data.jobId, document);
      }),
    );
  }
}
