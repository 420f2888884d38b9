import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { isDatabaseAway } from '../../database/is-database-away.js';
import { Problem } from './problem.js';
import { sendProblem } from './send-problem.js';

/** What the framework refuses by itself, in words for people. */
const REFUSALS: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['INVALID_REQUEST', 'This request could not be understood.'],
  404: ['NOT_FOUND', 'There is nothing at this address.'],
  413: ['TOO_LARGE', 'This request is larger than what is accepted here.'],
  415: ['INVALID_REQUEST', 'This kind of request body is not understood here.'],
};

/** Answers every error as a problem. What nobody foresaw is logged in full and answered without its details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    // Without its query, which may hold a token.
    const { method, path } = http.getRequest<Request>();
    sendProblem(http.getResponse<Response>(), this.#problemOf(error, { method, path }));
  }

  #problemOf(error: unknown, request: { readonly method: string; readonly path: string }): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof HttpException) {
      const status = error.getStatus();
      const [code, detail] = REFUSALS[status] ?? ['INVALID_REQUEST', error.message];
      return new Problem(status, code, detail, { cause: error });
    }
    if (isDatabaseAway(error)) {
      this.#logger.warn({ ...request, err: error }, 'A request was refused, because the database cannot be reached');
      return new Problem(503, 'UNAVAILABLE', 'This does not work just now. Please try again in a minute.', { cause: error });
    }
    this.#logger.error({ ...request, err: error }, 'A request failed');
    return new Problem(500, 'INTERNAL', 'Something went wrong on our side. Please try again.', { cause: error });
  }
}
