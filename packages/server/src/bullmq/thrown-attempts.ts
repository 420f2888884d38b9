/** What a run of this process knows of an attempt whose function threw. */
export interface ThrownAttempt {
  readonly attempt: number;
  /** The run has reported how the attempt ended: it was cancelled, released, or overtaken by a later run. */
  readonly isReported: boolean;
}

const thrown = new WeakMap<object, ThrownAttempt>();

/** The worker hands the same job object to the function and to the listeners of its `failed` event. */
export const rememberThrow = (job: object, attempt: ThrownAttempt): void => void thrown.set(job, attempt);

export const thrownAttemptOf = (job: object): ThrownAttempt | undefined => thrown.get(job);

/** Takes it for whoever reports it: each attempt is reported by one. `undefined` where somebody else has taken it. */
export function takeThrow(job: object): ThrownAttempt | undefined {
  const attempt = thrown.get(job);
  if (attempt === undefined || attempt.isReported) return undefined;
  thrown.set(job, { ...attempt, isReported: true });
  return attempt;
}
