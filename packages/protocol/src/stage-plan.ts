import { stagesOf, type JobDefinition } from './define-job.js';

/** Where each stage begins and ends on the scale of the whole job, 0–100. */
export type StagePlan = ReadonlyMap<string, { readonly from: number; readonly to: number }>;

/** Lays a definition's stages end to end by their weights. */
export function planStages(definition: Pick<JobDefinition, 'stages'>): StagePlan {
  const stages = stagesOf(definition);
  const total = stages.reduce((sum, { weight }) => sum + weight, 0);
  const plan = new Map<string, { from: number; to: number }>();
  let before = 0;
  for (const { stage, weight } of stages) {
    plan.set(stage, { from: (before / total) * 100, to: ((before + weight) / total) * 100 });
    before += weight;
  }
  return plan;
}

/**
 * The percentage of the whole job when `fraction` (0–1) of a stage is done, to two decimals. `undefined` for a stage
 * that is not in the plan: it then has no share of the percentage.
 */
export function progressAt(plan: StagePlan, stage: string, fraction: number): number | undefined {
  const span = plan.get(stage);
  if (span === undefined) return undefined;
  const share = Math.min(1, Math.max(0, fraction));
  return Math.round((span.from + (span.to - span.from) * share) * 100) / 100;
}
