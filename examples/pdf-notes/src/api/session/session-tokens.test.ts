import { expect, test } from 'vitest';
import { SessionTokens } from './session-tokens.js';

const secret = 'a secret of at least thirty-two characters';
const ada = { id: 'ada', name: 'Ada' };

test('a token says who it was issued for until it is over', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const tokens = new SessionTokens({ secret, lifetimeMs: 60_000 }, () => now);
  const { token } = await tokens.issue(ada);
  expect(await tokens.verify(token)).toEqual({ user: ada, expiresAt: new Date('2026-01-01T00:01:00Z') });
  now += 60_001;
  expect(await tokens.verify(token)).toBeUndefined();
});

test('a token that was changed, signed by somebody else or not signed at all is nobody’s', async () => {
  const tokens = new SessionTokens({ secret, lifetimeMs: 60_000 });
  const { token } = await tokens.issue(ada);
  const other = new SessionTokens({ secret: `${secret}!`, lifetimeMs: 60_000 });
  const [header, , signature] = token.split('.');
  const body = Buffer.from(JSON.stringify({ sub: 'eve', aud: 'pdf-notes', exp: 9_999_999_999 })).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const forged of [`${header}.${body}.${signature}`, `${unsigned}.${body}.`, (await other.issue(ada)).token, '', 'x'])
    expect(await tokens.verify(forged)).toBeUndefined();
});
