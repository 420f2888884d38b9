import { JobEventsError } from '@notes/job-events-protocol';
import type { ClientOptions } from './client-options.js';

/**
 * Refuses what would half work: a socket opens by a `url` that is no origin, and status requests, which take the
 * socket's place one day, go astray.
 *
 * @throws JobEventsError `INVALID_OPTIONS`
 */
export function checkOptions({ url, namespace }: ClientOptions): void {
  if (url && !/^https?:\/\/[^/?#]+\/?$/i.test(url))
    throw new JobEventsError('INVALID_OPTIONS', `url must be an origin, such as https://api.example.com, not '${url}'.`);
  if (namespace && namespace[0] !== '/')
    throw new JobEventsError('INVALID_OPTIONS', `namespace must begin with a slash, such as /jobs, not '${namespace}'.`);
}
