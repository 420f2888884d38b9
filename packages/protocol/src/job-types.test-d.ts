import * as z from 'zod';
import { defineJob, type JobSnapshot, type RegisteredJobs, type TypeField, type UntypedJob } from './index.js';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const ok = <T extends true>(_?: T): void => {};

const pdf = defineJob({
  type: 'pdf-notes',
  stages: { DOWNLOADING: 20, SAVING: 10 },
  metadata: z.object({ fileName: z.string() }),
  result: z.object({ noteId: z.string() }),
});
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING'], result: z.object({ urls: z.array(z.string()) }) });
const jobs = [pdf, thumbnails] as const;

declare const one: JobSnapshot<typeof pdf>;
ok<Eq<typeof one.type, 'pdf-notes'>>();
ok<Eq<NonNullable<typeof one.metadata>, { fileName: string }>>();
if (one.status === 'completed') ok<Eq<typeof one.result, { noteId: string }>>();
if (one.status === 'failed') one.error.code.length;
// @ts-expect-error a job that is going on has no result to read
if (one.status === 'active') one.result.noteId;
// @ts-expect-error not a stage of this job
if (one.stage === 'RENDERING') throw one;
if (one.stage === 'QUEUED' || one.stage === 'SAVING') one.progress.toFixed();

declare const many: JobSnapshot<typeof jobs>;
if (many.type === 'thumbnails' && many.status === 'completed') ok<Eq<typeof many.result, { urls: string[] }>>();

ok<Eq<RegisteredJobs, UntypedJob>>();
declare const untyped: JobSnapshot;
if (untyped.status === 'completed') untyped.result.anything;

const withoutType: TypeField<typeof pdf> = {};
// @ts-expect-error several jobs are defined, so the type has to be said
const needsType: TypeField<typeof pdf, (typeof jobs)[number]> = {};
export { needsType, withoutType };
