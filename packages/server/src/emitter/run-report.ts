import { JobStage, LIMITS, progressAt, type JobError, type JobMetadata } from '@notes/job-events-protocol';
import type { OnError } from '../logger.js';
import { JobEventsServerError, withJob } from '../server-errors.js';
import type { Contract } from './check-contract.js';
import type { Progress } from './compose-state.js';
import { copyMetadata } from './payload-schemas.js';

/** What a run's function has said so far. A mistake in it is left out and goes to `onError`: reporting never hurts the work. */
export class RunReport {
  readonly #jobId: string;
  readonly #contract: Contract;
  readonly #onError: OnError;
  #said: Progress;

  constructor(options: { jobId: string; contract: Contract; message: string | undefined; onError: OnError }) {
    this.#jobId = options.jobId;
    this.#contract = options.contract;
    this.#onError = options.onError;
    this.#said = { stage: JobStage.INITIALIZING, progress: 0, message: options.message };
  }

  /** The same object until something else is said. */
  get current(): Progress {
    return this.#said;
  }

  stage(stage: string, fraction: number | undefined): void {
    this.#leaveOutMistakes(() => {
      if (typeof stage !== 'string' || stage.length < 1 || stage.length > LIMITS.stageLength)
        throw new JobEventsServerError('CUT_TO_LIMIT', `job.stage: a stage must have 1 to ${LIMITS.stageLength} characters; this one is left out.`);
      this.#contract.checkStage(stage);
      const { message: _cleared, ...kept } = this.#said;
      this.#said = { ...kept, stage };
      if (fraction !== undefined || this.#contract.hasStages) this.#advance(fraction ?? 0);
    });
  }

  report(fraction: number): void {
    this.#leaveOutMistakes(() => this.#advance(fraction));
  }

  message(text: string): void {
    this.#leaveOutMistakes(() => {
      if (typeof text !== 'string') throw new JobEventsServerError('INVALID_PAYLOAD', 'job.message: the text must be a string; it is left out.');
      this.#said = { ...this.#said, message: this.#cut(text) };
    });
  }

  metadata(metadata: JobMetadata | null): void {
    this.#leaveOutMistakes(() => {
      this.#said = { ...this.#said, metadata: metadata && this.#contract.checkMetadata(copyMetadata(metadata)) };
    });
  }

  /** The result as it may be shown: what does not fit is left out, and the job is completed without it. */
  result(result: unknown): unknown {
    return this.#leaveOutMistakes(() => this.#contract.checkResult(result));
  }

  /** The error as it may be shown. */
  error({ code, message, retryable }: JobError): JobError {
    return { code: code.slice(0, LIMITS.errorCodeLength), message: this.#cut(message), retryable };
  }

  /** A text within the limit. */
  #cut(text: string): string {
    if (text.length <= LIMITS.messageLength) return text;
    this.#onError(new JobEventsServerError('CUT_TO_LIMIT', `A message of job ${this.#jobId} is cut to ${LIMITS.messageLength} characters.`, { jobId: this.#jobId }));
    return `${text.slice(0, LIMITS.messageLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
  }

  #advance(fraction: number): void {
    if (!Number.isFinite(fraction)) throw new JobEventsServerError('INVALID_PAYLOAD', `A fraction must be a number from 0 to 1, not ${fraction}; it is left out.`);
    const share = Math.min(1, Math.max(0, fraction));
    const progress = this.#contract.hasStages ? progressAt(this.#contract.plan, this.#said.stage, share) : Math.round(share * 10_000) / 100;
    if (progress !== undefined) this.#said = { ...this.#said, progress };
  }

  #leaveOutMistakes<T>(say: () => T): T | undefined {
    try {
      return say();
    } catch (cause) {
      this.#onError(cause instanceof JobEventsServerError ? withJob(cause, this.#jobId) : mistake(cause, this.#jobId));
      return undefined;
    }
  }
}

const mistake = (cause: unknown, jobId: string): JobEventsServerError =>
  new JobEventsServerError('INVALID_PAYLOAD', `Job ${jobId}: something that was reported could not be checked; it is left out.`, { cause, jobId });
