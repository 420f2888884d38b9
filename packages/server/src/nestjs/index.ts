export { JobEventsModule } from './job-events-module.js';
export { InjectJobEvents, JOB_EVENTS } from './inject-job-events.js';
export type { AsyncOptions, JobEventsModuleOptions, JobEventsWorkerOptions } from './job-events-module-options.js';
