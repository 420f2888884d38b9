import { Fragment } from 'react';

/** As extracted questions write what is left out. */
const GAP = '____';

/** A sentence with its gaps, and what belongs into them once it may be known. */
export function GapText({ text, filling }: { text: string; filling: string | undefined }) {
  return text.split(GAP).map((part, index) => (
    <Fragment key={index}>
      {index > 0 &&
        (filling === undefined ? (
          <span className="gap">
            <span className="visually-hidden">blank</span>
          </span>
        ) : (
          <mark className="gap is-filled">{filling}</mark>
        ))}
      {part}
    </Fragment>
  ));
}

export const withoutGaps = (text: string, filling: string): string => text.replaceAll(GAP, filling);
