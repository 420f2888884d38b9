import { describe, it } from 'vitest';
import { jobStoreCases } from '../testing/job-store-cases.js';
import { MemoryJobStore } from './memory-job-store.js';

describe('MemoryJobStore conforms', () => {
  const store = new MemoryJobStore();
  for (const { title, run } of jobStoreCases) it(title, () => run(() => store));
});
