import type { AnyJobSnapshot } from '@notes/job-events-client';
import { useContext } from 'react';

import { JobEventsContext } from './job-events-context.js';
import { getAnnouncement, getProgressProps, statusLabel } from './progress-props.js';
import type { StageLabels } from './stage-label.js';

export interface JobProgressProps {
  readonly job: Pick<AnyJobSnapshot, 'status' | 'stage' | 'progress'>;
  /** What the bar is about, for assistive technology. Default `Progress`. */
  readonly label?: string | undefined;
  /** Default: those of the provider. */
  readonly stageLabels?: StageLabels | undefined;
  readonly className?: string | undefined;
}

/**
 * A progress bar with the stage's name and the percentage. Its look is in `@notes/job-events-react/styles.css`, and can
 * be changed there with custom properties, or left out altogether.
 */
export function JobProgress({ job, label = 'Progress', stageLabels, className }: JobProgressProps) {
  const provided = useContext(JobEventsContext)?.stageLabels;
  const labels = stageLabels ?? provided;
  return (
    <div className={className ? `job-progress ${className}` : 'job-progress'} data-status={job.status}>
      <div className="job-progress-text" aria-hidden="true">
        <span className="job-progress-stage">{statusLabel(job, labels)}</span>
        <span className="job-progress-percent">{Math.floor(job.progress)} %</span>
      </div>
      <div className="job-progress-track" {...getProgressProps(job, labels)} aria-label={label}>
        <div className="job-progress-bar" style={{ transform: `scaleX(${job.progress / 100})` }} />
      </div>
      <span className="job-progress-announcement" role="status">
        {getAnnouncement(job, labels)}
      </span>
    </div>
  );
}
