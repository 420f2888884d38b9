import { Controller, Get, Inject, Param } from '@nestjs/common';
import { Notes } from '../../database/notes.js';
import { Problem } from '../problem/problem.js';
import { CurrentSession } from '../session/session-guard.js';
import type { Session } from '../session/session-tokens.js';

@Controller('notes')
export class NotesController {
  constructor(@Inject(Notes) private readonly notes: Notes) {}

  @Get()
  async list(@CurrentSession() session: Session) {
    return { notes: await this.notes.listOf(session.user.id) };
  }

  @Get(':id')
  async read(@CurrentSession() session: Session, @Param('id') id: string) {
    const note = await this.notes.find(session.user.id, id);
    if (note === undefined) throw new Problem(404, 'NOT_FOUND', 'There is no such note.');
    return note;
  }
}
