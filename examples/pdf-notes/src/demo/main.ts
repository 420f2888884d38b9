import { resolve } from 'node:path';
import { ApiClient } from './api-client.js';
import { checkRedis } from './check-redis.js';
import { DemoError } from './demo-error.js';
import { type DemoOptions, readDemoOptions } from './demo-options.js';
import { Interrupted, listenForInterruption, untilInterrupted } from './interruption.js';
import { makeNotes } from './make-notes.js';
import { createOutput } from './output/create-output.js';
import type { DemoOutput } from './output/demo-output.js';
import { readPdf } from './read-pdf.js';
import { startApplication } from './start-application.js';
import { JobWatch } from './watch-jobs.js';

/** pnpm runs a script in the project's folder and says here where the person called it. */
const { INIT_CWD: calledFrom = process.cwd() } = process.env;

/** Who the demo signs in as. */
const USER = 'demo';

/** Everything that the demo does, until it has ended by itself or something ended it. */
async function runDemo(options: DemoOptions, output: DemoOutput, interrupted: AbortSignal): Promise<void> {
  const pdf = await readPdf(options.file, calledFrom);
  const { REDIS_URL: redisUrl } = process.env;
  if (redisUrl) await checkRedis(redisUrl);
  output.say(`Starting PostgreSQL, the API and the worker${redisUrl ? ', with the queues and events in Redis' : ''} …`);
  const { port, verbose, api: apis, workers } = options;
  const dataDir = options.dataDir === undefined ? undefined : resolve(calledFrom, options.dataDir);
  const application = await startApplication({ adminUser: USER, apis, workers, port, dataDir, verbose, interrupted, say: (text) => output.warn(text) });
  const ended = Promise.race([application.crashed, untilInterrupted(interrupted)]);
  const jobs = new JobWatch();
  try {
    const api = await Promise.race([ApiClient.signIn(application.url, USER), ended]);
    output.say(`Uploading ${pdf.name} …\n`);
    const note = await Promise.race([makeNotes(pdf, { api, jobs, output }), ended]);
    if (options.exit) return;
    output.say(`\nThe page, with this note:  ${api.signedInLink(`/notes/${note.id}`)}`);
    output.say(`The queues:                ${api.signedInLink('/admin')}`);
    output.say('Drop a PDF of your own there. Ctrl-C ends everything and leaves nothing behind.');
    await ended;
  } finally {
    output.close();
    if (interrupted.aborted) output.say('\nEnding every process …');
    jobs.close();
    await application.stop();
  }
}

const interrupted = listenForInterruption();
const options = readDemoOptions(process.argv.slice(2));
const output = createOutput(options);
try {
  await runDemo(options, output, interrupted);
} catch (error) {
  if (error instanceof Interrupted) process.exitCode = options.exit ? 130 : 0;
  else {
    process.exitCode = 1;
    process.stderr.write(`${error instanceof DemoError ? error.message : String((error as Error).stack)}\n`);
  }
}
