import { expect, it } from 'vitest';

import { renderStrictly } from '../tests/strict-page.js';
import { getAnnouncement, getProgressProps, JobProgress, stageLabel } from './index.js';

const active = (progress: number) => ({ status: 'active', stage: 'EXTRACTING_TEXT', progress }) as const;

it('makes a stage readable, unless it has a label', () => {
  expect(stageLabel('EXTRACTING_TEXT')).toBe('Extracting text');
  expect(stageLabel('render-frames')).toBe('Render frames');
  expect(stageLabel('SAVING', { SAVING: 'Sichern' })).toBe('Sichern');
  expect(stageLabel('toString', {})).toBe('Tostring');
});

it('tells assistive technology the stage and whole percents, and never 100 too early', () => {
  expect(getProgressProps(active(99.9))).toMatchObject({
    role: 'progressbar',
    'aria-valuenow': 99,
    'aria-valuetext': 'Extracting text, 99 %',
  });
  expect(getProgressProps({ status: 'completed', stage: 'COMPLETED', progress: 100 })).toMatchObject({
    'aria-valuetext': 'Completed, 100 %',
  });
});

it('announces each stage, end and quarter, and not every percent', () => {
  const said = Array.from({ length: 101 }, (_, percent) => getAnnouncement(active(percent)));
  expect([...new Set(said)]).toHaveLength(5);
  expect(getAnnouncement({ status: 'failed', stage: 'FAILED', progress: 40 })).toBe('Failed');
  expect(getAnnouncement({ status: 'retrying', stage: 'SAVING', progress: 40 })).toBe('Retrying');
});

it('is a named progress bar with its stage in words', () => {
  const view = renderStrictly(<JobProgress job={active(40)} label="Notes for paper.pdf" className="wide" />);
  const bar = view.getByRole('progressbar', { name: 'Notes for paper.pdf' });
  expect(bar.getAttribute('aria-valuenow')).toBe('40');
  expect(view.container.querySelector('.job-progress.wide')?.textContent).toContain('Extracting text');
  expect(view.getByRole('status').textContent).toBe('Extracting text, 25 %');
});
