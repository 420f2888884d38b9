// What server components may import: nothing of React, and no 'use client'.
export { fetchJobs, isFinal, JobEventsError, JobStage } from '@notes/job-events-client';
export type { AnyJobSnapshot, FetchJobsOptions, JobSnapshot, JobStatus, Register, RegisteredJobs, StageOf } from '@notes/job-events-client';
export { getAnnouncement, getProgressProps, type ProgressProps } from './progress-props.js';
export { stageLabel, type StageLabels } from './stage-label.js';
