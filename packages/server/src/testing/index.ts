export type { JobStoreCase, JobStoreTools, OpenJobStore } from './job-store-case.js';
export { jobStoreCases } from './job-store-cases.js';
export { ManualTiming } from './manual-timing.js';
export { RecordingBroadcaster } from './recording-broadcaster.js';
export type { RecordedEvent } from './recording-broadcaster.js';
