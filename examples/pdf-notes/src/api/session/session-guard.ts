import { type CanActivate, createParamDecorator, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { notSignedIn } from '../problem/problem.js';
import { tokenIn } from './session-cookie.js';
import { type Session, SessionTokens } from './session-tokens.js';

const OPEN = 'open-to-everybody';

type SignedInRequest = Request & { session?: Session };

/** Marks an endpoint that needs no session. All others do. */
export const OpenToEverybody = () => SetMetadata(OPEN, true);

/** The session of the request, in an endpoint that needs one. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext): Session => {
  const { session } = context.switchToHttp().getRequest<SignedInRequest>();
  if (session === undefined) throw notSignedIn();
  return session;
});

@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    @Inject(SessionTokens) private readonly tokens: SessionTokens,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(OPEN, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    const token = tokenIn(request.headers);
    const session = token === undefined ? undefined : await this.tokens.verify(token);
    if (session === undefined) throw notSignedIn();
    request.session = session;
    return true;
  }
}
