import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import type { Problem } from './problem.js';

/** Answers with a problem, as `application/problem+json`. An answer that has begun can only be broken off. */
export function sendProblem(response: Response, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (problem.status === 503) response.setHeader('Retry-After', '10');
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: STATUS_CODES[problem.status] ?? 'Error',
        status: problem.status,
        detail: problem.message,
        code: problem.code,
      }),
    );
}
