import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { API_SETTINGS, type ApiSettings } from '../../config/settings.js';
import { type User, Users } from '../../database/users.js';
import { notSignedIn, Problem } from '../problem/problem.js';
import { clearSessionCookie, setSessionCookie } from './session-cookie.js';
import { CurrentSession, OpenToEverybody } from './session-guard.js';
import { type Session, SessionTokens } from './session-tokens.js';

const signIn = z.object({
  user: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u),
});

/** A path of this origin: not another host, not a scheme. */
const localPath = (path: string | undefined): string => (path !== undefined && /^\/(?![/\\])/.test(path) ? path : '/');

/** Signing in for a demonstration: whoever says a name is that person. What a session is worth afterwards is real. */
@Controller('session')
export class SessionController {
  constructor(
    @Inject(SessionTokens) private readonly tokens: SessionTokens,
    @Inject(Users) private readonly users: Users,
    @Inject(API_SETTINGS) private readonly settings: ApiSettings,
  ) {}

  @Post()
  @OpenToEverybody()
  async signIn(@Body() body: unknown, @Res({ passthrough: true }) response: Response) {
    const parsed = signIn.safeParse(body);
    if (!parsed.success)
      throw new Problem(400, 'INVALID_REQUEST', 'A name has 1 to 64 letters, digits, spaces or . _ @ - and begins with a letter or digit.');
    const user = { id: parsed.data.user.toLowerCase(), name: parsed.data.user };
    await this.users.save(user);
    return this.#open(user, response);
  }

  @Get()
  current(@CurrentSession() session: Session) {
    return this.#shown(session);
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@CurrentSession() session: Session, @Res({ passthrough: true }) response: Response) {
    return this.#open(session.user, response);
  }

  @Delete()
  @OpenToEverybody()
  @HttpCode(204)
  signOut(@Res({ passthrough: true }) response: Response): void {
    clearSessionCookie(response);
  }

  @Get('link')
  @OpenToEverybody()
  async followLink(@Query('token') token: unknown, @Query('next') next: unknown, @Res() response: Response): Promise<void> {
    const session = typeof token === 'string' ? await this.tokens.verify(token) : undefined;
    if (session === undefined || typeof token !== 'string') throw notSignedIn();
    setSessionCookie(response, token, session);
    response.redirect(303, localPath(typeof next === 'string' ? next : undefined));
  }

  async #open(user: User, response: Response) {
    const { token, session } = await this.tokens.issue(user);
    setSessionCookie(response, token, session);
    return { token, ...this.#shown(session) };
  }

  #shown({ user, expiresAt }: Session) {
    return {
      user: { ...user, isAdmin: this.settings.adminUsers.has(user.id) },
      expiresAt: expiresAt.toISOString(),
      uploadLimitBytes: this.settings.uploadLimitBytes,
    };
  }
}
