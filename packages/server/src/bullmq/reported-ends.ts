/** What a run made of a try that did not succeed. */
export interface ReportedEnd {
  /** Nothing follows that this try could say: it failed for good, was cancelled, or was overtaken by a later run. */
  readonly isOver: boolean;
  readonly attempt: number;
}

const ends = new WeakMap<object, ReportedEnd>();

/** For `followWorker`, to which the worker hands the same job object. */
export const rememberEnd = (job: object, end: ReportedEnd): void => void ends.set(job, end);

export const reportedEndOf = (job: object): ReportedEnd | undefined => ends.get(job);
