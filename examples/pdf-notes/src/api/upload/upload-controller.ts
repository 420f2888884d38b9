import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { API_SETTINGS, type ApiSettings } from '../../config/settings.js';
import { CurrentSession } from '../session/session-guard.js';
import type { Session } from '../session/session-tokens.js';
import { AcceptUpload } from './accept-upload.js';
import { readUploadedFile } from './read-uploaded-file.js';

@Controller('upload')
export class UploadController {
  constructor(
    @Inject(AcceptUpload) private readonly acceptUpload: AcceptUpload,
    @Inject(API_SETTINGS) private readonly settings: ApiSettings,
  ) {}

  /** 202 with the job's first snapshot and where to watch it. */
  @Post()
  async upload(@CurrentSession() session: Session, @Req() request: Request, @Res() response: Response): Promise<void> {
    const file = await readUploadedFile(request, response, this.settings.uploadLimitBytes);
    const accepted = await this.acceptUpload.accept(session.user.id, file);
    await accepted.send(response);
  }
}
