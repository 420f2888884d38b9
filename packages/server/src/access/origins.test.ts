import { describe, expect, it } from 'vitest';
import { AllowedOrigins } from './origins.js';

const origins = new AllowedOrigins(['https://app.example.com', 'http://localhost:5173/']);
const check = (origin: string | null, token?: string, site?: string) => () =>
  origins.check(new Headers({ ...(origin !== null && { origin }), ...(site !== undefined && { 'sec-fetch-site': site }) }), token);

describe('allowed origins', () => {
  it.each(['https://app.example.com', 'HTTPS://APP.example.com', 'http://localhost:5173'])('lets %s in', (origin) => {
    expect(check(origin)).not.toThrow();
  });

  it.each([
    'https://evil.example', 'https://app.example.com.evil.example', 'https://evil.app.example.com', 'http://app.example.com',
    'https://app.example.com:8443', 'null', '',
  ])('refuses %j, token or not', (origin) => {
    expect(check(origin)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    expect(check(origin, 'a-token')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it('lets who sends no origin in only with a token, which no page can make a browser send', () => {
    expect(check(null)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    expect(check(null, 'a-token')).not.toThrow();
  });

  it('lets a page of this server in by long polling, for which a browser names no origin, and no other page', () => {
    expect(check(null, undefined, 'same-origin')).not.toThrow();
    for (const site of ['same-site', 'cross-site', 'none']) expect(check(null, undefined, site)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    expect(check('https://evil.example', undefined, 'same-origin')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it('lets everybody in where none are given', () => {
    expect(() => new AllowedOrigins(undefined).check(new Headers({ origin: 'https://evil.example' }), undefined)).not.toThrow();
  });

  it.each([
    [[]], [['']], ['https://app.example.com'], [null], [[undefined]], [['*']], [['null']], [['app.example.com']], [['https://app.example.com/app']],
    [['https://*.example.com']], [['https://ada@app.example.com']], [['localhost:5173']],
  ])('refuses to be made with %j', (given) => {
    expect(() => new AllowedOrigins(given as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('https://app.example.com') }));
  });

  it('knows the origin of an app’s web view, and not that of a sandboxed page', () => {
    const apps = new AllowedOrigins(['capacitor://localhost']);
    expect(() => apps.check(new Headers({ origin: 'capacitor://localhost' }), undefined)).not.toThrow();
    expect(() => apps.check(new Headers({ origin: 'null' }), undefined)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });
});
