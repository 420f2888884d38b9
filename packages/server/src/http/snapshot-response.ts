import { formatVersion, isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';

/** How long a client that polls should wait. */
const POLL_SECONDS = 2;

const headersOf = (job: AnyJobSnapshot): Record<string, string> => ({
  'Cache-Control': 'no-store',
  ETag: `"${formatVersion(job.version)}"`,
  ...(!isFinal(job.status) && { 'Retry-After': String(POLL_SECONDS) }),
});

/** 200, or 304 where the client has this version already. */
export function snapshotResponse(job: AnyJobSnapshot, ifNoneMatch: string | null): Response {
  return isKnown(job, ifNoneMatch)
    ? new Response(null, { status: 304, headers: headersOf(job) })
    : Response.json(job, { headers: headersOf(job) });
}

/** 202: taken on, and to be watched at `location`. */
export function acceptedResponse(job: AnyJobSnapshot, location: string, body: object = {}): Response {
  return Response.json({ ...body, ...job }, { status: 202, headers: { ...headersOf(job), Location: location } });
}

function isKnown(job: AnyJobSnapshot, ifNoneMatch: string | null): boolean {
  // That somebody asked for a cancel, or that the run is silent, has no place in the version, so it is told while it lasts.
  if (ifNoneMatch === null || job.cancelRequested || job.stalled) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(`"${formatVersion(job.version)}"`);
}
