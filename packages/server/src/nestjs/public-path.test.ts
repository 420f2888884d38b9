import { describe, expect, it } from 'vitest';

import { pathBelowPrefix } from './public-path.js';

describe('pathBelowPrefix', () => {
  it.each([
    ['/api/jobs', '', 'api/jobs'],
    ['/api/jobs', 'api', 'jobs'],
    ['/api/jobs/', '/api/', 'jobs'],
    ['/v2/internal/jobs', 'v2', 'internal/jobs'],
  ])('serves %s below the prefix "%s" at %s', (publicPath, prefix, expected) => {
    expect(pathBelowPrefix(publicPath, prefix)).toBe(expected);
  });

  it.each([['/api/jobs', 'v2'], ['/api', 'api'], ['/apiary/jobs', 'api']])(
    'refuses %s below the prefix "%s", and says what to pass',
    (publicPath, prefix) => {
      expect(() => pathBelowPrefix(publicPath, prefix)).toThrow(`pass statusPath: '/${prefix}/jobs'`);
    },
  );
});
