import { JobEventsError } from '@notes/job-events-protocol';
import type { ClientOptions } from './client-options.js';

/**
 * Refuses what would half work: a socket opens by a `url` that is no origin, and status requests, which take the
 * socket's place one day, go astray.
 *
 * @throws JobEventsError `INVALID_OPTIONS`
 */
export function checkOptions({ url, namespace, statusUrl }: ClientOptions): void {
  const refuse = (what: string) => {
    throw new JobEventsError('INVALID_OPTIONS', what);
  };
  if (url && !/^https?:\/\/[^/?#]+\/?$/i.test(url)) refuse(`url must be an origin, not ${url}`);
  if (statusUrl && !/^(https?:\/\/[^/?#]+|)\/[^#]*$/i.test(statusUrl))
    refuse(`statusUrl must be a path or a URL, not ${statusUrl}`);
  if (namespace && namespace[0] !== '/') refuse(`namespace must begin with /, not be ${namespace}`);
}
