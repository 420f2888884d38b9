import 'reflect-metadata';
import { readWorkerSettings } from '../config/settings.js';
import { createLogger } from '../process/create-logger.js';
import { runProcess } from '../process/run-process.js';
import { startWorker } from './start-worker.js';

await runProcess(async (stopping) => {
  const settings = readWorkerSettings(process.env);
  return startWorker(settings, createLogger('worker', settings.logLevel), stopping);
});
