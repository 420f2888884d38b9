import { setTimeout as pause } from 'node:timers/promises';
import { JobEventEmitterService } from '../../../src/emitter/index.js';
import { connectWiring, databaseUrl, workArguments } from './connect-wiring.js';

const [name = 'worker', jobs = '1', steps = '10', pauseMs = '100'] = workArguments;
const errors: string[] = [];
const onError = ({ code }: { code: string }): void => void errors.push(code);
const { broadcaster, store, close } = await connectWiring(databaseUrl, onError);
const emitter = new JobEventEmitterService({ broadcaster, store, onError });

const results = await Promise.all(Array.from({ length: Number(jobs) }, (_, index) =>
  emitter.run({ jobId: `${name}-${index}`, userId: 'ada' }, async (job) => {
    for (let step = 0; step < Number(steps); step++) {
      job.stage(`STEP_${step}`, step / Number(steps));
      process.send?.({ stepped: step });
      await pause(Number(pauseMs));
    }
    return index;
  })));
process.send?.({ results });
await emitter.close();
await close();
process.send?.({ closed: true, errors });
process.disconnect();
