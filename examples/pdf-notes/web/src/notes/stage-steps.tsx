import { CheckIcon } from '../layout/icons.js';
import { STAGE_LABELS, STAGES } from './stages.js';

/** The way of a job from the upload to the notes, with what is done, what is going on and what is to come. */
export function StageSteps({ current }: { current: string }) {
  const reached = STAGES.findIndex((stage) => stage === current);
  return (
    <ol className="stage-steps" aria-hidden="true">
      {STAGES.map((stage, index) => (
        <li key={stage} className={index < reached ? 'is-done' : index === reached ? 'is-current' : undefined}>
          <span className="stage-mark">{index < reached && <CheckIcon />}</span>
          {STAGE_LABELS[stage]}
        </li>
      ))}
    </ol>
  );
}
