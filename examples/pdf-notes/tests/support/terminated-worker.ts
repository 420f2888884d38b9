/** A worker with @nestjs/bullmq, BullModule imported first, that is told to stop in the middle of a job. */
import 'reflect-metadata';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Queue, type Job } from 'bullmq';
import { runBullJob } from '@notes/job-events-server/bullmq';
import { JobEventEmitterService } from '@notes/job-events-server';
import { JobEventsModule } from '@notes/job-events-server/nestjs';
import { connectRedis } from '@notes/job-events-server/redis';

const url = process.argv[2]!;
const { hostname: host, port } = new URL(url);
const connection = { host, port: Number(port) };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

class PdfWorker extends WorkerHost {
  readonly emitter!: JobEventEmitterService;

  process(job: Job<{ userId: string }>): Promise<unknown> {
    return runBullJob(this.emitter, job, { jobId: 'terminated', userId: job.data.userId }, async () => {
      say('working');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      say('work done');
    });
  }
}
Inject(JobEventEmitterService)(PdfWorker.prototype, 'emitter');
Processor('terminated')(PdfWorker);

const useFactory = async () => {
  const connected = await connectRedis({ url });
  const close = async (): Promise<void> => {
    await connected.close();
    say('connections closed');
  };
  return { ...connected, close };
};
class WorkerModule {}
Module({
  imports: [BullModule.forRoot({ connection }), BullModule.registerQueue({ name: 'terminated' }), JobEventsModule.forWorker({ useFactory })],
  providers: [PdfWorker],
})(WorkerModule);
const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await new Queue('terminated', { connection }).add('notes', { userId: 'ada' });
