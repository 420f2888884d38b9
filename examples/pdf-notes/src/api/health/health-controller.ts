import { Controller, Get, Inject } from '@nestjs/common';
import { Pool } from 'pg';
import { within } from '../../process/within.js';
import { NotesQueue } from '../../queue/notes-queue.js';
import { Problem } from '../problem/problem.js';
import { OpenToEverybody } from '../session/session-guard.js';

const ANSWER_WITHIN_MS = 3_000;

@Controller()
@OpenToEverybody()
export class HealthController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(NotesQueue) private readonly queue: NotesQueue,
  ) {}

  /** The process lives. Says nothing about what it depends on: restarting it would not help those. */
  @Get('health')
  health() {
    return { status: 'ok' };
  }

  /** The process can do its work: database and queue answer. */
  @Get('ready')
  async ready() {
    try {
      await within(ANSWER_WITHIN_MS, Promise.all([this.pool.query('select 1'), this.queue.check()]));
    } catch (error) {
      throw new Problem(503, 'UNAVAILABLE', 'The database or the queue does not answer.', { cause: error });
    }
    return { status: 'ready' };
  }
}
