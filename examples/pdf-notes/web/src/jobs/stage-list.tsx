import { CheckIcon } from '../layout/icons.js';
import { STAGE_LABELS, STAGES } from './stages.js';

interface StageListProps {
  /** How many are behind; -1 where the first has not begun. */
  readonly done: number;
  /** The job goes on in the stage after those; it has not ended there. */
  readonly isUnderWay: boolean;
}

/** The way of a job from the upload to the notes, with what is done, what is going on and what is to come. */
export function StageList({ done, isUnderWay }: StageListProps) {
  return (
    <ol className="stage-list" aria-label="Stages">
      {STAGES.map((stage, index) => {
        const isCurrent = index === done;
        return (
          <li key={stage} className={index < done ? 'is-done' : isCurrent ? 'is-current' : undefined} aria-current={isCurrent && isUnderWay ? 'step' : undefined}>
            <span className="stage-mark">{index < done && <CheckIcon />}</span>
            <span className="stage-name">{STAGE_LABELS[stage]}</span>
            <span className="visually-hidden">{index < done ? ', done' : isCurrent ? (isUnderWay ? ', under way' : ', not finished') : ', to come'}</span>
          </li>
        );
      })}
    </ol>
  );
}
