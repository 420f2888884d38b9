/** What a run said of a try that its function threw out of. */
export interface ReportedEnd {
  readonly end: 'failed' | 'retrying' | 'none';
  readonly attempt: number;
}

const ends = new WeakMap<object, ReportedEnd>();

/** For `followWorker`, to which the worker hands the same job object. */
export const rememberEnd = (job: object, end: ReportedEnd): void => void ends.set(job, end);

export const reportedEndOf = (job: object): ReportedEnd | undefined => ends.get(job);
