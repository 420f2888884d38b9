import type { JobDefinition } from './define-job.js';
import type { AnyJobSnapshot, JobError } from './job-snapshot.js';
import type { ReservedStage } from './job-stage.js';
import type { InputOf, OutputOf } from './standard-schema.js';

/**
 * Where an application says once which jobs it has, so that every type follows without a type argument:
 *
 * @example
 * declare module '@notes/job-events-react' { // or -client, or -server: the package that is installed
 *   interface Register { jobs: typeof jobs }
 * }
 */
export interface Register {}

/** What holds where nothing is registered: any type, any stage, any metadata, any result. */
export type UntypedJob = JobDefinition<string, string, undefined, undefined>;

/** The registered definitions, or {@link UntypedJob}. */
export type RegisteredJobs = Register extends { jobs: infer Jobs } ? Jobs : UntypedJob;

/** The union of definitions in `J`, which is one definition or a list of them. */
export type DefinitionIn<J> = J extends JobDefinition<any, any, any, any>
  ? J
  : J extends readonly (infer D)[] ? D : never;

/** The definition in the union `D` whose type is `T`. */
export type DefinitionOfType<D, T> = D extends JobDefinition<infer Type, any, any, any>
  ? Type extends T ? D : never
  : never;

export type TypeOf<D> = D extends JobDefinition<infer T, any, any, any> ? T : never;
export type StageOf<D> = D extends JobDefinition<any, infer S, any, any> ? S : never;

type AnyObject = Record<string, any>;
export type MetadataOf<D> = D extends JobDefinition<any, any, infer M, any> ? OutputOf<M, AnyObject> : never;
export type MetadataInputOf<D> = D extends JobDefinition<any, any, infer M, any> ? InputOf<M, AnyObject> : never;
export type ResultOf<D> = D extends JobDefinition<any, any, any, infer R> ? OutputOf<R, any> : never;
export type ResultInputOf<D> = D extends JobDefinition<any, any, any, infer R> ? InputOf<R, any> : never;

type StateOf<D> =
  | { readonly status: 'queued' | 'active' | 'cancelled'; readonly result?: never; readonly error?: never }
  | { readonly status: 'retrying' | 'failed'; readonly error: JobError; readonly result?: never }
  | { readonly status: 'completed'; readonly result: ResultOf<D>; readonly error?: never };

type SnapshotOf<D> = D extends JobDefinition<any, any, any, any>
  ? Omit<AnyJobSnapshot, 'type' | 'stage' | 'status' | 'metadata' | 'result' | 'error'> & {
      readonly type: TypeOf<D>;
      readonly stage: StageOf<D> | ReservedStage;
      readonly metadata?: MetadataOf<D>;
    } & StateOf<D>
  : never;

/**
 * A job as an application sees it: `type` and `status` narrow `metadata`, `result` and `error`. The type argument is
 * a definition or a list of definitions, by default what {@link Register} says.
 */
export type JobSnapshot<J = RegisteredJobs> = SnapshotOf<DefinitionIn<J>>;

/** A completed job, distributed over the definitions in `D`. */
export type CompletedJob<D> = D extends any ? Extract<SnapshotOf<D>, { status: 'completed' }> : never;

/** `true` where `T` is a union of several types, else `never`. */
type IsSeveral<T, Each = T> = T extends any ? ([Each] extends [T] ? never : true) : never;

/** `type` is required only where several job types are defined. */
export type TypeField<D, All = D> = true extends IsSeveral<TypeOf<All>>
  ? { readonly type: TypeOf<D> }
  : { readonly type?: TypeOf<D> };
