import { acceptingCases } from './accepting-cases.js';
import type { JobStoreCase } from './job-store-case.js';
import { listingCases } from './listing-cases.js';
import { ownershipCases } from './ownership-cases.js';
import { raceCases } from './race-cases.js';
import { runCases } from './run-cases.js';
import { supervisionCases } from './supervision-cases.js';
import { termCases } from './term-cases.js';
import { writingCases } from './writing-cases.js';

/**
 * The conformance suite of `JobStore` (specification, section 1): what every store does, this package's and yours. It
 * asserts by `node:assert` and so runs under any test framework. Each case uses jobs of its own.
 *
 * @example
 * // vitest, jest, node:test
 * const open = () => new MyJobStore(testDatabase);
 * for (const { title, run } of jobStoreCases) it(title, () => run(open, { forget: (jobIds) => testDatabase.deleteJobs(jobIds) }));
 */
export const jobStoreCases: readonly JobStoreCase[] = [
  ...acceptingCases, ...runCases, ...writingCases, ...termCases, ...listingCases, ...supervisionCases, ...ownershipCases, ...raceCases,
];
