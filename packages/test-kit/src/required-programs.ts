import { describe, it } from 'vitest';
import { findChromium } from './chromium.js';
import { findFirefox } from './firefox.js';
import { findProgram } from './find-program.js';
import { findHaproxy } from './haproxy.js';
import { findPgBouncer } from './pgbouncer.js';
import { findRedisCli } from './redis-cli.js';
import { findOwnRedis, findRedis } from './redis-server.js';

export type RequiredProgram = 'redis' | 'redis-server' | 'redis-cli' | 'openssl' | 'chromium' | 'firefox' | 'haproxy' | 'pgbouncer';

const PROGRAMS: Readonly<Record<RequiredProgram, { find(): string | undefined; missing: string }>> = {
  redis: { find: findRedis, missing: 'no redis-server on the PATH and no REDIS_URL' },
  'redis-server': { find: findOwnRedis, missing: 'no redis-server on the PATH' },
  'redis-cli': { find: findRedisCli, missing: 'no redis-cli on the PATH' },
  openssl: { find: () => findProgram('openssl'), missing: 'no openssl on the PATH' },
  chromium: { find: findChromium, missing: 'no Chromium; set CHROMIUM_PATH' },
  firefox: { find: findFirefox, missing: 'no Firefox; set FIREFOX_PATH' },
  haproxy: { find: findHaproxy, missing: 'no haproxy on the PATH' },
  pgbouncer: { find: findPgBouncer, missing: 'no pgbouncer on the PATH' },
};

/**
 * `describe`, for tests that need programs which may be absent: then they are skipped, with a line that names what is
 * missing. With `CI=true` they fail instead.
 *
 * @example describeWith(['redis'], 'RedisJobStore', () => { … });
 */
export function describeWith(programs: readonly RequiredProgram[], title: string, suite: () => void): void {
  const missing = programs.filter((name) => PROGRAMS[name].find() === undefined).map((name) => PROGRAMS[name].missing);
  if (missing.length === 0) {
    describe(title, suite);
  } else if (process.env['CI'] === 'true') {
    it(title, () => {
      throw new Error(`This has to run here: ${missing.join(', ')}.`);
    });
  } else {
    process.stderr.write(`SKIPPED ${title}: ${missing.join(', ')}\n`);
    // oxlint-disable-next-line vitest/no-disabled-tests -- said aloud above, and a failure in CI
    describe.skip(`${title} (skipped: ${missing.join(', ')})`, suite);
  }
}
