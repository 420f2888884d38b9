export const DEFAULT_KEY_PREFIX = 'job-progress';
/** The stream of the default prefix, which had this name before streams followed the prefix. */
const DEFAULT_STREAM = 'job-events';

/**
 * The prefix as it stands in keys: without a colon, so that what is before the first one is the prefix. Ids may hold
 * colons; no two prefixes share a key, whatever the ids.
 */
export const prefixInKeys = (keyPrefix: string): string => keyPrefix.replaceAll('%', '%25').replaceAll(':', '%3A');

/** The stream of a prefix, unless another name is given. */
export const streamOf = (keyPrefix: string): string => (keyPrefix === DEFAULT_KEY_PREFIX ? DEFAULT_STREAM : `{${prefixInKeys(keyPrefix)}}:events`);

/** A key of a prefix that need not be there: its node answers for Redis. */
export const probeOf = (keyPrefix: string): string => `{${prefixInKeys(keyPrefix)}}:probe`;
