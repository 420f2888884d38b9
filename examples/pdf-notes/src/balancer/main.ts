import { readBalancerSettings } from '../config/settings.js';
import { createLogger } from '../process/create-logger.js';
import { runProcess } from '../process/run-process.js';
import { startBalancer } from './start-balancer.js';

await runProcess(async () => {
  const settings = readBalancerSettings(process.env);
  return startBalancer(settings, createLogger('balancer', settings.logLevel));
});
