/**
 * The path of a controller that Nest will serve at `publicPath`, the one that clients see, given the prefix that Nest
 * puts before every controller.
 *
 * @throws RangeError where no controller of this application can be served there.
 */
export function pathBelowPrefix(publicPath: string, globalPrefix: string): string {
  const path = trimSlashes(publicPath);
  const prefix = trimSlashes(globalPrefix);
  if (prefix === '') return path;
  if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length + 1);
  throw new RangeError(
    `JobEventsModule: statusPath is the whole path that clients see. '/${path}' does not begin with this application's global prefix '${prefix}': pass statusPath: '/${prefix}/jobs', and the same statusUrl to the client.`,
  );
}

const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, '');
