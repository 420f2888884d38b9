import type { IncomingMessage, ServerResponse } from 'node:http';

import { All, Controller, Inject, Req, Res, VERSION_NEUTRAL, type Type } from '@nestjs/common';

import type { JobEventsWithoutSockets } from '../create-job-events.js';
import { JOB_EVENTS } from './inject-job-events.js';

/** Express hands out Node's own request and response, Fastify something that has them. */
interface FrameworkRequest {
  readonly raw?: IncomingMessage;
}
interface FrameworkResponse {
  readonly raw?: ServerResponse;
  hijack?(): unknown;
}

/**
 * The status endpoint (specification, section 2) as a controller, so that the application's guards, interceptors and
 * middleware apply. It has no path before {@link serveAt}.
 */
export function createStatusController(): Type {
  class JobStatusController {
    constructor(@Inject(JOB_EVENTS) private readonly jobEvents: JobEventsWithoutSockets<unknown>) {}

    @All(['', ':jobId', ':jobId/cancel'])
    answer(@Req() request: IncomingMessage & FrameworkRequest, @Res() response: ServerResponse & FrameworkResponse): void {
      response.hijack?.();
      this.jobEvents.nodeHandler(request.raw ?? request, response.raw ?? response);
    }
  }
  return JobStatusController;
}

/** Puts the controller at a path below the application's global prefix, whatever versions its other controllers have. */
export function serveAt(path: string, controller: Type): void {
  Controller({ path, version: VERSION_NEUTRAL })(controller);
}
