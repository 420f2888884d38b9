import { setTimeout as pause } from 'node:timers/promises';
import { JobEventEmitterService } from '../../../src/emitter/index.js';
import { connectWiring, databaseUrl, workArguments } from './connect-wiring.js';

const [name = 'worker', jobs = '1', steps = '10', pauseMs = '100'] = workArguments;
const errors: string[] = [];
const onError = ({ code }: { code: string }): void => void errors.push(code);
const { broadcaster, store, close } = await connectWiring(databaseUrl, onError);
const emitter = new JobEventEmitterService({ broadcaster, store, onError });

/** Every second job is shorter, so that some end at any time. */
const stepsOf = (index: number): number => (index % 2 === 0 ? Number(steps) : Math.ceil((Number(steps) * (index + 1)) / Number(jobs)));

const results = await Promise.allSettled(Array.from({ length: Number(jobs) }, (_, index) =>
  emitter.run({ jobId: `${name}-${index}`, userId: 'ada' }, async (job) => {
    for (let step = 0; step < stepsOf(index); step++) {
      job.stage(`STEP_${step}`, step / stepsOf(index));
      process.send?.({ stepped: step });
      await pause(Number(pauseMs), undefined, { signal: job.signal });
    }
    return index;
  })));
process.send?.({ results: results.map(({ status }) => status) });
await emitter.close();
await close();
process.send?.({ closed: true, errors });
process.disconnect();
