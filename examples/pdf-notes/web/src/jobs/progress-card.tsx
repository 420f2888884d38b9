import type { ProgressProps } from '@notes/job-events-react';
import type { ReactNode } from 'react';

import { useKeptFocus } from '../layout/use-kept-focus.js';
import { StageList } from './stage-list.js';

interface ProgressCardProps {
  readonly fileName: string;
  /** How it stands, for the look of the card. */
  readonly tone: 'sending' | 'queued' | 'active' | 'retrying' | 'completed' | 'failed' | 'cancelled';
  /** What makes the bar a progress bar for everybody. */
  readonly bar: ProgressProps;
  /** What is going on, over the bar: one or two words. */
  readonly label: string;
  /** What else is to be known, in small letters beside it. */
  readonly remarks?: readonly string[];
  readonly stagesDone: number;
  readonly actions: ReactNode;
  /** One sentence below. Its place is kept where there is none, so that nothing moves. */
  readonly detail: ReactNode;
  readonly jobId?: string;
}

/** One PDF on its way: the same shape from the moment it is dropped to the end of its job. */
export function ProgressCard({ fileName, tone, bar, label, remarks = [], stagesDone, actions, detail, jobId }: ProgressCardProps) {
  const isUnderWay = tone === 'active' || tone === 'queued' || tone === 'retrying';
  return (
    <li className={`job-card is-${tone}`} data-job-id={jobId} {...useKeptFocus()}>
      <div className="job-head">
        <h3 className="file-name" title={fileName}>
          {fileName}
        </h3>
        <div className="job-actions">{actions}</div>
      </div>
      <div className="job-line" aria-hidden="true">
        <span className="job-label">{label}</span>
        {remarks.map((remark) => (
          <span key={remark} className="job-remark">
            {remark}
          </span>
        ))}
        <span className="job-percent">{bar['aria-valuenow']} %</span>
      </div>
      <div className="job-track" {...bar} aria-label={`Notes for ${fileName}`}>
        <div className="job-bar" style={{ transform: `scaleX(${bar['aria-valuenow'] / 100})` }} />
      </div>
      <StageList done={stagesDone} isUnderWay={isUnderWay} />
      <div className="job-detail">{detail}</div>
    </li>
  );
}
