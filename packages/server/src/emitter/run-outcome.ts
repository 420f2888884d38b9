import { RANK, type JobError, type JobVersion } from '@notes/job-events-protocol';
import type { OnError } from '../logger.js';
import type { WriteResult } from '../store/job-store.js';
import type { Contract } from './check-contract.js';
import { classifyThrownError, type OnThrow } from './classify-thrown-error.js';
import { endState, handedOverState, queuedState, type Progress, type ReportContext } from './compose-state.js';
import { guessOf } from '../store/guessed-end.js';
import type { UnstoredEnd } from './end-not-stored-error.js';
import type { ErrorDescriber } from './error-describer.js';
import type { End, Payload } from './payload-schemas.js';
import type { RunReport } from './run-report.js';

/** What becomes of the job when its run is over: it has ended, or it waits for its next step. */
export type RunOutcome = End | { readonly status: 'handed-over'; readonly delayedUntil?: string | undefined };

export interface RunOutcomeOptions {
  readonly job: Payload<'run'>;
  readonly contract: Contract;
  readonly onThrow: OnThrow | undefined;
  /** What it means that the function returned: the job is done, or it waits for its next step. */
  readonly whenDone: 'complete' | 'hand-over';
}

/** Decides what the outcome of a run is, from what its function returned or threw. */
export class RunOutcomes {
  readonly #options: RunOutcomeOptions;
  readonly #report: RunReport;
  readonly #describer: ErrorDescriber;
  readonly #onError: OnError;

  constructor(options: RunOutcomeOptions, { report, describer, onError }: { report: RunReport; describer: ErrorDescriber; onError: OnError }) {
    this.#options = options;
    this.#report = report;
    this.#describer = describer;
    this.#onError = onError;
  }

  ofResult(result: unknown): RunOutcome {
    return this.#options.whenDone === 'complete' ? { status: 'completed', result: this.#report.result(result) } : { status: 'handed-over' };
  }

  /** `undefined`: nothing is reported. */
  async ofThrow(thrown: unknown, attempt: number): Promise<RunOutcome | undefined> {
    const decided = await classifyThrownError(thrown, this.#options.job.jobId, this.#options.onThrow, this.#onError);
    if (decided.end === 'queued') return { status: 'handed-over', delayedUntil: decided.delayedUntil };
    return decided.end === 'none' ? undefined : { status: decided.end, error: this.#report.error(this.#shownError(thrown, decided.error, attempt)) };
  }

  /** In the words that were given for it, or as the emitter shows what a job threw. */
  #shownError(thrown: unknown, words: JobError | undefined, attempt: number): JobError {
    const { job, contract } = this.#options;
    if (words !== undefined) return words;
    const { shown, report } = this.#describer.describe(thrown, { jobId: job.jobId, userId: job.userId, type: contract.type });
    report(attempt);
    return shown;
  }
}

/** The last write of a run that the store knows. */
export function endOf(job: Payload<'run'>, outcome: RunOutcome, context: ReportContext & { readonly current: NonNullable<ReportContext['current']> }, version: JobVersion): UnstoredEnd {
  const snapshot = outcome.status === 'handed-over' ? handedOverState(context, version, outcome.delayedUntil) : endState(context, outcome, {}, version);
  return lastWrite(job, snapshot);
}

/** The end of a run that the store never knew: under epoch 0, because nobody has handed out one. */
export function endBeforeBeginning(job: Payload<'run'>, outcome: RunOutcome, context: ReportContext, attempt: number, reported: Progress): UnstoredEnd {
  const facts = { metadata: reported.metadata ?? job.metadata };
  const version = [attempt, RANK.going, 0, 1] as const;
  return lastWrite(job, outcome.status === 'handed-over' ? queuedState(context, facts, version) : endState(context, outcome, facts, version));
}

const lastWrite = ({ userId, queueJob }: Payload<'run'>, snapshot: UnstoredEnd['snapshot']): UnstoredEnd => ({ userId, snapshot, by: 'run', ...(queueJob && { queueJob }) });

/** The code of the end that was guessed for the job before this one came, if one was. */
export const guessedEnd = (result: WriteResult): string | undefined =>
  'record' in result && result.outcome !== 'stored' ? guessOf(result.record.snapshot) : undefined;
