/** What a request to the status endpoint is about. */
export type StatusRoute =
  | { readonly kind: 'list' }
  | { readonly kind: 'job'; readonly jobId: string }
  | { readonly kind: 'cancel'; readonly jobId: string }
  | { readonly kind: 'none' };

export type KnownRoute = Exclude<StatusRoute, { kind: 'none' }>;

/** The methods of each route, as in a 405's `Allow`. */
export const ALLOWED_METHODS: Readonly<Record<KnownRoute['kind'], readonly string[]>> = {
  list: ['GET', 'HEAD'],
  job: ['GET', 'HEAD'],
  cancel: ['POST'],
};

export function isUnder(prefix: string, pathname: string): boolean {
  return pathname === prefix || pathname.startsWith(`${prefix}/`);
}

/** Finds the route of a path. Ids are decoded, not checked. */
export function routeOf(prefix: string, pathname: string): StatusRoute {
  if (!isUnder(prefix, pathname)) return { kind: 'none' };
  const parts = pathname.slice(prefix.length).split('/').filter((part) => part !== '');
  const [id, action] = parts;
  if (id === undefined) return { kind: 'list' };
  const jobId = decode(id);
  if (parts.length === 1) return { kind: 'job', jobId };
  return parts.length === 2 && action === 'cancel' ? { kind: 'cancel', jobId } : { kind: 'none' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
