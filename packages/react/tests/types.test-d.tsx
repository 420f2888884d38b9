import { defineJob } from '@notes/job-events-server';
import { useQuery } from '@tanstack/react-query';
import * as z from 'zod';

import { useJob, useJobResult, useJobs, useJobSuspense, useJobWebSocket, type ClientError, type JobSnapshot, type JobState, type WebSocketService } from '../src/index.js';
import { jobQueryOptions } from '../src/tanstack.js';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <Expected, Actual>(_: Eq<Expected, Actual>) => {};

const pdf = defineJob({
  type: 'pdf-notes',
  stages: { DOWNLOADING: 20, SAVING: 10 },
  metadata: z.object({ fileName: z.string(), pages: z.number().optional() }),
  result: z.object({ noteId: z.string() }),
});
const thumbnails = defineJob({
  type: 'thumbnails',
  stages: ['RENDERING', 'UPLOADING'],
  result: z.object({ urls: z.array(z.string()) }),
});
const legacy = defineJob({ type: 'legacy', stages: ['DOWNLOADING'], result: z.string() });
const jobs = [pdf, thumbnails] as const;

export function OneContract() {
  const { jobProgress } = useJobWebSocket<typeof pdf>({
    userId: 'user-1',
    onJobCompleted: (result, job, context) => {
      same<{ noteId: string }, typeof result>(true);
      same<{ noteId: string }, typeof job.result>(true);
      same<boolean, typeof context.tracked>(true);
    },
    onJobError: (error, job) => {
      same<string, typeof error.code>(true);
      same<'failed', typeof job.status>(true);
    },
  });
  same<string | undefined, NonNullable<NonNullable<typeof jobProgress>['metadata']>['fileName'] | undefined>(true);
  if (jobProgress?.status === 'completed') same<{ noteId: string }, typeof jobProgress.result>(true);
  // @ts-expect-error: no result before the end
  jobProgress?.result.noteId;
  return jobProgress?.stage === 'SAVING';
}

export function AStringAsResult() {
  useJobWebSocket<typeof legacy>({ onJobCompleted: (noteId) => same<string, typeof noteId>(true) });
}

export function SeveralContracts() {
  const { jobs: list } = useJobWebSocket<typeof jobs>({
    onJobCompleted: {
      'pdf-notes': ({ noteId }, job) => {
        same<string, typeof noteId>(true);
        same<'pdf-notes', typeof job.type>(true);
      },
      thumbnails: ({ urls }) => same<string[], typeof urls>(true),
    },
  });
  useJobWebSocket<typeof jobs>({
    onJobCompleted: (_result, job) => {
      if (job.type === 'pdf-notes') same<string, typeof job.result.noteId>(true);
      else same<string[], typeof job.result.urls>(true);
    },
  });
  // @ts-expect-error: there is no such type of job
  useJobWebSocket<typeof jobs>({ onJobCompleted: { invoices: () => {} } });
  for (const job of list)
    if (job.type === 'thumbnails' && job.status === 'completed') same<string[], typeof job.result.urls>(true);
}

export function TheOtherHooks() {
  same<JobState<typeof pdf>, ReturnType<typeof useJob<typeof pdf>>>(true);
  const { job, error, isPending } = useJob<typeof pdf>('job-1');
  same<JobSnapshot<typeof pdf> | undefined, typeof job>(true);
  if (job) same<undefined, typeof error>(true);
  if (error) same<string, typeof error.message>(true);
  same<boolean, typeof isPending>(true);
  const suspended: JobSnapshot<typeof pdf> = useJobSuspense<typeof pdf>('job-1');
  same<string, typeof suspended.jobId>(true);
  const all: readonly JobSnapshot<typeof jobs>[] = useJobs<typeof jobs>();
  same<string, (typeof all)[number]['jobId']>(true);
  same<number, ReturnType<typeof useJobs<number>>>(true);
  const [failed] = useJobs({ status: 'failed' });
  same<string | undefined, typeof failed extends infer Job ? (Job extends { error: { code: infer Code } } ? Code : undefined) : never>(true);
  const { result } = useJobResult<typeof pdf>('job-1');
  same<{ noteId: string } | undefined, typeof result>(true);
  const [first, second] = useJobSuspense<typeof pdf, readonly ['a', 'b']>(['a', 'b']);
  same<JobSnapshot<typeof pdf>, typeof first>(true);
  same<JobSnapshot<typeof pdf>, typeof second>(true);
}

export function TanStackQuery(client: WebSocketService<typeof pdf>) {
  const { data, error } = useQuery(jobQueryOptions(client, 'job-1'));
  same<JobSnapshot<typeof pdf> | undefined, typeof data>(true);
  same<ClientError | null, typeof error>(true);
}

export function NoContract(userId: string | undefined) {
  useJobWebSocket({ userId, onJobCompleted: (result) => result.noteId });
  // @ts-expect-error: there is no such handler
  useJobWebSocket({ onJobDone: () => {} });
}
