import type { AnyJobSnapshot } from '@notes/job-events-client';

import { stageLabel, type StageLabels } from './stage-label.js';

/** The attributes that make any element a progress bar for everybody. */
export interface ProgressProps {
  readonly role: 'progressbar';
  readonly 'aria-valuemin': 0;
  readonly 'aria-valuemax': 100;
  /** Whole percent, rounded down, so that 100 is only said when it is true. */
  readonly 'aria-valuenow': number;
  /** The stage and the percentage, in words. */
  readonly 'aria-valuetext': string;
}

type ShownJob = Pick<AnyJobSnapshot, 'status' | 'stage' | 'progress'>;

/**
 * The attributes of a progress bar that shows `job`. Give the element a name too, with `aria-label` or
 * `aria-labelledby`.
 *
 * @example
 * <div {...getProgressProps(job)} aria-label="Notes for paper.pdf" style={{ width: `${job.progress}%` }} />
 */
export function getProgressProps(job: ShownJob, stageLabels?: StageLabels): ProgressProps {
  const percent = Math.floor(job.progress);
  return {
    role: 'progressbar',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': percent,
    'aria-valuetext': `${statusLabel(job, stageLabels)}, ${percent} %`,
  };
}

/** The stage of a job that goes on, else how it stands: "Reading the text", "Retrying", "Completed". */
export function statusLabel(job: ShownJob, stageLabels?: StageLabels): string {
  return stageLabel(job.status === 'active' ? job.stage : job.status.toUpperCase(), stageLabels);
}

/**
 * What a live region should say about `job`. The text changes with the stage, the status and each quarter of the way,
 * so that a screen reader is told what matters and not every percent.
 *
 * @example
 * <p role="status" className="visually-hidden">{getAnnouncement(job)}</p>
 */
export function getAnnouncement(job: ShownJob, stageLabels?: StageLabels): string {
  const label = statusLabel(job, stageLabels);
  const quarter = Math.floor(job.progress / 25) * 25;
  return job.status === 'active' && quarter > 0 ? `${label}, ${quarter} %` : label;
}
