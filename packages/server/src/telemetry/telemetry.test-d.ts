import type { Meter as OpenTelemetryMeter, Tracer as OpenTelemetryTracer } from '@opentelemetry/api';
import { createMetrics } from './metrics.js';
import { traceRun } from './trace-run.js';

declare const meter: OpenTelemetryMeter;
declare const tracer: OpenTelemetryTracer;

/** What `@opentelemetry/api` gives out fits, though nothing here imports it. */
export const fits = [createMetrics(meter), traceRun(tracer, { jobId: 'j' }, async () => 1)];
