import type { ServerOptions } from 'socket.io';
import { describe, expect, it, vi } from 'vitest';
import { AllowedOrigins } from '../access/origins.js';
import { socketServerOptions } from './socket-server-options.js';
import { warnOfServerOptions } from './server-option-warnings.js';

function warningsOf(options: Partial<ServerOptions>, origins?: readonly string[]): string[] {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  warnOfServerOptions(options, new AllowedOrigins(origins), logger);
  return logger.warn.mock.calls.map(([details]) => details.option);
}
const safe = { maxHttpBufferSize: 100_000 };

describe('warnings of server options', () => {
  it('has none for a server that is set up well', () => {
    expect(warningsOf(safe)).toEqual([]);
    expect(warningsOf({ ...safe, perMessageDeflate: false, allowEIO3: false, cors: { origin: 'https://a.example' } })).toEqual([]);
  });

  it.each<[string, Partial<ServerOptions>]>([
    ['maxHttpBufferSize', {}],
    ['maxHttpBufferSize', { maxHttpBufferSize: 1e8 }],
    ['connectionStateRecovery', { ...safe, connectionStateRecovery: {} }],
    ['perMessageDeflate', { ...safe, perMessageDeflate: { threshold: 1 } }],
    ['allowEIO3', { ...safe, allowEIO3: true }],
    ['origins', { ...safe, cookie: true }],
    ['origins', { ...safe, cors: { origin: 'https://a.example', credentials: true } }],
  ])('warns of %s', (option, options) => {
    expect(warningsOf(options)).toEqual([option]);
  });

  it('has none about cookies where origins are checked', () => {
    expect(warningsOf({ ...safe, cookie: true, cors: { origin: '*' } }, ['https://a.example'])).toEqual([]);
  });
});

describe('long polling from the pages in `origins`', () => {
  const origins = ['https://a.example', 'https://b.example/'];

  it('needs cors on the server, unless there is no long polling', () => {
    expect(warningsOf(safe, origins)).toEqual(['cors']);
    expect(warningsOf({ ...safe, transports: ['websocket'] }, origins)).toEqual([]);
    expect(warningsOf(safe)).toEqual([]);
  });

  it.each<[string, NonNullable<ServerOptions['cors']>]>([
    ['one of two', { origin: 'https://a.example' }],
    ['a list without the second', { origin: ['https://a.example', /^https:\/\/c\./] }],
    ['a trailing slash, which browsers do not send', { origin: ['https://a.example', 'https://b.example/'] }],
    ['nobody', { origin: false }],
  ])('is warned of where cors names %s', (_, cors) => {
    expect(warningsOf({ ...safe, cors }, origins)).toEqual(['cors.origin']);
  });

  it.each<[string, NonNullable<ServerOptions['cors']>]>([
    ['both', { origin: ['https://b.example', 'https://a.example', 'https://c.example'] }],
    ['a pattern', { origin: /\.example$/ }],
    ['everybody', { origin: true }],
    ['everybody by a star', { origin: '*' }],
    ['everybody by default', {}],
    ['whom a function says', { origin: (_origin, done) => done(null, true) }],
    ['what a function says', (_request, done) => done(null, {})],
  ])('is not warned of where cors names %s', (_, cors) => {
    expect(warningsOf({ ...safe, cors }, origins)).toEqual([]);
  });

  it('works with what socketServerOptions makes of them, and other options stay', () => {
    const options = socketServerOptions({ origins, path: '/live', maxHttpBufferSize: 5_000 });
    expect(warningsOf(options, origins)).toEqual([]);
    expect(options).toEqual({
      perMessageDeflate: false,
      maxHttpBufferSize: 5_000,
      path: '/live',
      cors: { origin: ['https://a.example', 'https://b.example'], credentials: true },
    });
    expect(warningsOf(socketServerOptions())).toEqual([]);
    expect(socketServerOptions({ origins, cors: { origin: '*' } }).cors).toEqual({ origin: '*' });
  });
});
