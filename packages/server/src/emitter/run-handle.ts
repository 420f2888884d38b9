import type { JobRun } from './job-run.js';
import type { RunReport } from './run-report.js';

export interface RunHandleOptions {
  readonly jobId: string;
  readonly signal: AbortSignal;
  readonly attempt: () => number;
  readonly report: RunReport;
  /** Called after each report, to pass it on. */
  readonly say: () => void;
}

/** What the function of a run is given. Its methods need no `this`. */
export function createRunHandle({ jobId, signal, attempt, report, say }: RunHandleOptions): JobRun<unknown> {
  return {
    jobId,
    signal,
    get attempt() {
      return attempt();
    },
    stage(stage, fraction) {
      report.stage(stage, fraction);
      say();
    },
    report(fraction) {
      report.report(fraction);
      say();
    },
    message(text) {
      report.message(text);
      say();
    },
    metadata(metadata) {
      report.metadata(metadata);
      say();
    },
  };
}
