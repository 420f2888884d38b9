import { WebSocketService } from '../src/index.js';

/** A program that looks at its user's jobs and has nothing else to do. */
const client = new WebSocketService({ url: process.argv[2], auth: () => 'alice' });
const seen = new Promise<void>((resolve) => {
  client.store.subscribe((jobs) => {
    if (jobs.length === 2) resolve();
  });
});
client.subscribe({ userId: 'alice' });
await client.connect();
await seen;
client.disconnect();
process.stdout.write(`left with ${client.getJobs().length} jobs\n`);
