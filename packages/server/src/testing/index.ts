export type { JobStoreCase, OpenJobStore } from './job-store-case.js';
export { jobStoreCases } from './job-store-cases.js';
