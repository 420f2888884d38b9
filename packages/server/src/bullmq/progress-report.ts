import type { JobMetadata } from '@notes/job-events-protocol';

/** What a value given to BullMQ's `updateProgress` says about a job. */
export interface ProgressReport {
  readonly stage?: string;
  /** 0–100. */
  readonly progress: number;
  readonly message?: string;
  readonly metadata?: JobMetadata | null;
}

/**
 * Reads a number as a percentage, and of an object the fields that a progress event has: `progress` (or `percentage`,
 * or `percent`), `stage`, `message`, `metadata`. `undefined` for a value that says no percentage.
 */
export function readProgress(value: unknown): ProgressReport | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? { progress: percentage(value) } : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const said = value as Readonly<Record<string, unknown>>;
  const progress = said['progress'] ?? said['percentage'] ?? said['percent'];
  if (typeof progress !== 'number' || !Number.isFinite(progress)) return undefined;
  const { stage, message, metadata } = said;
  return {
    progress: percentage(progress),
    ...(typeof stage === 'string' && stage !== '' ? { stage } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(metadata === null || isPlainObject(metadata) ? { metadata } : {}),
  };
}

const percentage = (value: number): number => Math.min(100, Math.max(0, value));

const isPlainObject = (value: unknown): value is JobMetadata =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
