import 'reflect-metadata';
import { readApiSettings } from '../config/settings.js';
import { createLogger } from '../process/create-logger.js';
import { runProcess } from '../process/run-process.js';
import { startApi } from './start-api.js';

await runProcess(async (stopping) => {
  const settings = readApiSettings(process.env);
  return startApi(settings, createLogger('api', settings.logLevel), stopping);
});
