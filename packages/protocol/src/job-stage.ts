/**
 * The names of stages that this library uses itself, and those of the reference application.
 * A stage is any string of 1–64 characters; an application's own need no entry here.
 */
export const JobStage = {
  QUEUED: 'QUEUED',
  INITIALIZING: 'INITIALIZING',
  DOWNLOADING: 'DOWNLOADING',
  EXTRACTING_TEXT: 'EXTRACTING_TEXT',
  GENERATING_NOTES: 'GENERATING_NOTES',
  SAVING: 'SAVING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;

export type JobStage = (typeof JobStage)[keyof typeof JobStage];

/** The stages that the library itself sets, whatever a contract's own stages are. */
export type ReservedStage = 'QUEUED' | 'INITIALIZING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
