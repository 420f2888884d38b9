import type { DefinitionIn, MetadataInputOf, RegisteredJobs, StageOf } from '@notes/job-events-protocol';

/**
 * What the function of a run reports with. None of these calls waits or throws: a mistake in what is reported, such as
 * a message over its limit, is cut or left out and goes to `onError`.
 */
export interface JobRun<J = RegisteredJobs> {
  readonly jobId: string;
  /** Which try of the job this is, from 1. The queue's own number until the store has been reached. */
  readonly attempt: number;
  /**
   * Aborted when somebody cancelled the job (`reason` is a `JobCancelledError`) or a later run overtook this one (a
   * `StaleRunError`). Pass it on to whatever can be interrupted.
   */
  readonly signal: AbortSignal;
  /**
   * Enters a stage; shown at once, and clears the message.
   *
   * @param fraction How much of the stage is done already, 0–1. Default: 0.
   */
  stage(stage: StageOf<DefinitionIn<J>>, fraction?: number): void;
  /**
   * Says how much of the present stage is done, 0–1. The stages' weights make it a percentage of the whole job; without
   * a contract it is a fraction of the whole job.
   */
  report(fraction: number): void;
  /** Shows a text for people, at most 500 characters, until the next stage. */
  message(text: string): void;
  /** Replaces the small facts shown with the job, at most 4,096 bytes of JSON; `null` clears them. */
  metadata(metadata: MetadataInputOf<DefinitionIn<J>> | null): void;
}
