import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Where wall time is read, and why that is right there. Everything else that passes is measured by `timing.monotonic()`. */
const READS_WALL_TIME: Readonly<Record<string, string>> = {
  'server/src/timing.ts': 'the clock itself',
  'server/src/store/steady-clock.ts': 'the memory store begins at the wall time',
  'server/src/access/authenticator.ts': 'compared with the date at which an identity ends',
  'server/src/gateway/identity-expiry.ts': 'compared with that date once; the rest counts down',
  'server/src/access/job-access.ts': 'the timestamp of a cancelled job',
  'server/src/emitter/direct-job.ts': 'the timestamp of a state',
  'server/src/emitter/direct-reporter.ts': 'the timestamp of a state',
  'server/src/emitter/run-claim.ts': 'the timestamp of a state',
  'server/src/emitter/run-session.ts': 'the timestamp of a state',
  'server/src/emitter/run-supervisor.ts': 'the timestamp of a state',
  'server/src/bullmq/queue-scan.ts': 'compared with the times of a queue',
  'server/src/bullmq/follow-worker.ts': 'the date on which a delayed attempt begins',
  'server/src/bullmq/report-when-decided.ts': 'the date on which a delayed attempt begins',
  'client/src/timing.ts': 'the clock itself',
  'client/src/connection/wake-signals.ts': 'goes on while the device sleeps',
  'client/src/connection/connection-driver.ts': 'goes on while the device sleeps',
  'client/src/share-call.ts': 'goes on while the device sleeps',
  'client/src/transport/status-client.ts': 'compared with the date of Retry-After',
};

const packages = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['server/src', 'client/src'].flatMap((folder) =>
  readdirSync(packages + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$|(^|\/)testing\//.test(file))
    .map((file) => `${folder}/${file}`),
);

test('wall time is read only where it is shown, sent, or compared with a date', () => {
  const readers = sources.filter((file) => /\b[tT]iming\??\.now\(|Date\.now\(/.test(readFileSync(packages + file, 'utf8')));
  expect(readers.toSorted()).toEqual(Object.keys(READS_WALL_TIME).toSorted());
});
