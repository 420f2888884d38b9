import { LIMITS } from '@notes/job-events-protocol';
import { JobEventsServerError } from '../server-errors.js';

/**
 * A copy of a value as JSON has it: later changes by the caller do not reach it, and nothing is in it that does not
 * travel. `undefined` stays `undefined`.
 *
 * @throws JobEventsServerError `INVALID_PAYLOAD`, naming the field and the limit.
 */
export function copyAsJson(value: unknown, field: string, maxBytes: number): unknown {
  if (value === undefined) return undefined;
  const text = encode(value, field);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw new JobEventsServerError('INVALID_PAYLOAD', `${field} must be at most ${maxBytes} bytes of JSON; these are ${bytes}.`);
  return JSON.parse(text);
}

function encode(value: unknown, field: string): string {
  let cause: unknown;
  let isTooDeep = false;
  try {
    // Before anything recursive touches it: 10 KB of nested brackets are enough to overflow an encoder's stack.
    isTooDeep = isDeeperThan(value, LIMITS.jsonDepth);
    const text = isTooDeep ? undefined : (JSON.stringify(value) as string | undefined);
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  throw new JobEventsServerError('INVALID_PAYLOAD', isTooDeep ? `${field} must be nested at most ${LIMITS.jsonDepth} deep.` : `${field} must be JSON.`, { cause });
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
