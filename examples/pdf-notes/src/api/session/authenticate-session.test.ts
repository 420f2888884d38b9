import { expect, test } from 'vitest';
import { authenticateSession } from './authenticate-session.js';
import { SessionTokens } from './session-tokens.js';

const tokens = new SessionTokens({ secret: 'a secret of at least thirty-two characters', lifetimeMs: 60_000 });
const { token } = await tokens.issue({ id: 'ada', name: 'Ada' });

const userOf = async (presented: { token?: string; headers: Record<string, string> }) => {
  const identity = await authenticateSession(tokens)({
    token: presented.token,
    headers: new Headers(presented.headers),
    request: new Request('http://localhost/'),
    via: 'socket',
  });
  return identity?.userId;
};

const host = 'notes.example:3000';
const cookie = `theme=dark; session=${token}`;

test('a token says who it is, from any page', async () => {
  expect(await userOf({ token, headers: { host, origin: 'https://elsewhere.example' } })).toBe('ada');
});

test('the cookie says who it is, for pages of this origin and for programs that are no browsers', async () => {
  expect(await userOf({ headers: { host, cookie, origin: `http://${host}` } })).toBe('ada');
  expect(await userOf({ headers: { host, cookie } })).toBe('ada');
});

test.each(['https://elsewhere.example', 'http://notes.example:3001', 'null'])('the cookie is worth nothing for a page of %s', async (origin) => {
  expect(await userOf({ headers: { host, cookie, origin } })).toBeUndefined();
});

test('a token that is not good is not replaced by a cookie that is', async () => {
  expect(await userOf({ token: 'x', headers: { host, cookie } })).toBeUndefined();
});

test('nobody is nobody', async () => {
  expect(await userOf({ headers: { host } })).toBeUndefined();
});
