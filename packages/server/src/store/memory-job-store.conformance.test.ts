import { describe, it } from 'vitest';
import { ShiftedTiming } from '../../tests/shifted-timing.js';
import { jobStoreCases } from '../testing/job-store-cases.js';
import { MemoryJobStore } from './memory-job-store.js';

describe('MemoryJobStore conforms', () => {
  const timing = new ShiftedTiming();
  const store = new MemoryJobStore({ timing });
  const forget = async () => timing.shift(86_400_001);
  for (const { title, run } of jobStoreCases) it(title, () => run(() => store, { forget }));
});
