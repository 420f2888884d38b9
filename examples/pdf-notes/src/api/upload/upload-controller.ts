import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { API_SETTINGS, type ApiSettings } from '../../config/settings.js';
import { CurrentSession } from '../session/session-guard.js';
import type { Session } from '../session/session-tokens.js';
import { AcceptUpload } from './accept-upload.js';
import { readUpload } from './read-upload.js';
import { RetryJob } from './retry-job.js';

@Controller()
export class UploadController {
  constructor(
    @Inject(AcceptUpload) private readonly acceptUpload: AcceptUpload,
    @Inject(RetryJob) private readonly retryJob: RetryJob,
    @Inject(API_SETTINGS) private readonly settings: ApiSettings,
  ) {}

  /** 202 with the job's first snapshot and where to watch it. */
  @Post('upload')
  async upload(@CurrentSession() session: Session, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { file, path } = await readUpload(request, response, this.settings.uploadLimitBytes);
    const accepted = await this.acceptUpload.accept(session.user.id, path, file);
    await accepted.send(response);
  }

  /** 202 as for an upload: the same job, queued for another attempt. */
  @Post('jobs/:jobId/retry')
  async retry(@CurrentSession() session: Session, @Param('jobId') jobId: string, @Res() response: Response): Promise<void> {
    const accepted = await this.retryJob.retry(session.user.id, jobId);
    await accepted.send(response);
  }
}
