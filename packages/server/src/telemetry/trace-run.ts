import { messageOf } from '../store/message-of.js';

interface Span {
  recordException(exception: Error): void;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** What of an OpenTelemetry `Tracer` is used: `trace.getTracer('job-events')` of `@opentelemetry/api` fits. */
export interface Tracer {
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: { readonly attributes: Record<string, string | number> },
    work: F,
  ): ReturnType<F>;
}

/** `SpanStatusCode.ERROR` of `@opentelemetry/api`, which is not imported. */
const FAILED = 2;

/** One span for one run of a job, in which what the work calls finds its parent. */
export function traceRun<Result>(
  tracer: Tracer | undefined,
  job: { readonly jobId: string; readonly type?: string | undefined },
  run: () => Promise<Result>,
): Promise<Result> {
  if (tracer === undefined) return run();
  const attributes = { 'job.id': job.jobId, ...(job.type !== undefined && { 'job.type': job.type }) };
  return tracer.startActiveSpan('job run', { attributes }, async (span) => {
    try {
      return await run();
    } catch (error) {
      recordFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** What cannot be read of an error must not take its place. */
function recordFailure(span: Span, error: unknown): void {
  try {
    if (error instanceof Error) span.recordException(error);
    span.setStatus({ code: FAILED, ...(error instanceof Error && { message: error.message }) });
  } catch {
    span.setStatus({ code: FAILED, message: messageOf(error) });
  }
}
