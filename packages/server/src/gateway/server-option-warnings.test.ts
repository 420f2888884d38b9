import type { ServerOptions } from 'socket.io';
import { describe, expect, it, vi } from 'vitest';
import { warnOfServerOptions } from './server-option-warnings.js';

function warningsOf(options: Partial<ServerOptions>, originsAreChecked = false): string[] {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  warnOfServerOptions(options, originsAreChecked, logger);
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
    expect(warningsOf({ ...safe, cookie: true }, true)).toEqual([]);
  });
});
