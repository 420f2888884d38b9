/** The one job of the model. */
export const JOB = { jobId: 'job', userId: 'user' };

export const stamp = (now: number): string => new Date(now).toISOString();
