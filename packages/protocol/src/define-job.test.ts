import { describe, expect, it } from 'vitest';
import { defineJob, planStages, progressAt } from './index.js';

describe('defineJob', () => {
  it.each([
    [{ type: 't', stages: [] as string[] }, 'at least one stage'],
    [{ type: 't', stages: { A: 0 } }, 'weight of A must be a positive number'],
    [{ type: 't', stages: { A: Infinity } }, 'weight of A must be a positive number'],
    [{ type: 't', stages: [''] }, '1 to 64 characters'],
    [{ type: 't', stages: ['x'.repeat(65)] }, '1 to 64 characters'],
  ])('refuses %j and says why', (definition, message) => {
    expect(() => defineJob(definition)).toThrow(message);
  });
});

describe('the percentage of the whole job', () => {
  const plan = planStages(defineJob({ type: 't', stages: { FIRST: 20, SECOND: 60, THIRD: 20 } }));

  it('lays the stages end to end by their weights', () => {
    expect([...plan.values()]).toEqual([{ from: 0, to: 20 }, { from: 20, to: 80 }, { from: 80, to: 100 }]);
  });

  it('moves within the share of a stage', () => {
    expect(progressAt(plan, 'SECOND', 0)).toBe(20);
    expect(progressAt(plan, 'SECOND', 0.5)).toBe(50);
    expect(progressAt(plan, 'SECOND', 1)).toBe(80);
  });

  it('keeps a fraction outside 0 to 1 within the stage', () => {
    expect(progressAt(plan, 'SECOND', -1)).toBe(20);
    expect(progressAt(plan, 'SECOND', 7)).toBe(80);
  });

  it('gives stages of a list the same share', () => {
    expect(progressAt(planStages({ stages: ['A', 'B', 'C'] }), 'B', 0)).toBe(33.33);
  });

  it('knows no percentage for a stage outside the plan', () => {
    expect(progressAt(plan, 'OTHER', 0.5)).toBeUndefined();
  });
});
