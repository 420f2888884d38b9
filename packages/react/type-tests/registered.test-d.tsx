// A program of its own: what is registered holds for all of its files.
import { defineJob } from '@notes/job-events-server';
import * as z from 'zod';

import { useJobs, useJobWebSocket } from '../src/index.js';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <Expected, Actual>(_: Eq<Expected, Actual>) => {};

const pdf = defineJob({ type: 'pdf-notes', stages: ['SAVING'], result: z.object({ noteId: z.string() }) });
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING'], result: z.object({ urls: z.array(z.string()) }) });

declare module '../src/index.js' {
  interface Register {
    jobs: readonly [typeof pdf, typeof thumbnails];
  }
}

export function AMapOfFunctionsByType() {
  useJobWebSocket({
    onJobCompleted: {
      'pdf-notes': ({ noteId }) => same<string, typeof noteId>(true),
      thumbnails: ({ urls }, job) => {
        same<string[], typeof urls>(true);
        same<'thumbnails', typeof job.type>(true);
      },
    },
  });
  // @ts-expect-error: there is no such type of job
  useJobWebSocket({ onJobCompleted: { invoices: () => {} } });
}

export function AFilterByTypeAndStatus() {
  for (const job of useJobs({ status: 'completed', type: 'pdf-notes' })) same<string, typeof job.result.noteId>(true);
  same<number, ReturnType<typeof useJobs<number>>>(true);
  // @ts-expect-error: there is no such type of job
  useJobs({ type: 'invoices' });
}
