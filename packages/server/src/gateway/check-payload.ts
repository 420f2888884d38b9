import { LIMITS } from '@notes/job-events-protocol';
import { invalidPayload } from '../access/wire-fault.js';

/**
 * Looks at the size and depth of what a client sent before anything recursive touches it: ten kilobytes of brackets
 * overflow the stack of a validator or an encoder. Walks with a list of its own, so its own stack does not grow, and
 * stops at the first thing too much.
 *
 * @throws WireFault INVALID_PAYLOAD for what is too large, too deep, or no JSON.
 */
export function checkPayload(payload: unknown, maxBytes: number): void {
  let bytes = 0;
  const waiting: { value: unknown; depth: number }[] = [{ value: payload, depth: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    bytes += sizeOfScalar(value);
    if (typeof value === 'object' && value !== null) {
      if (depth > LIMITS.jsonDepth) throw invalidPayload(`At most ${LIMITS.jsonDepth} levels of nesting are read.`);
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) throw invalidPayload('Send JSON, not binary data.');
      if (Array.isArray(value) && value.length > maxBytes) throw invalidPayload(`At most ${maxBytes} bytes are read.`);
      for (const [key, child] of Object.entries(value)) {
        bytes += Array.isArray(value) ? 1 : Buffer.byteLength(key) + 4;
        if (bytes > maxBytes) break;
        waiting.push({ value: child, depth: depth + 1 });
      }
    }
    if (bytes > maxBytes) throw invalidPayload(`At most ${maxBytes} bytes are read.`);
  }
}

function sizeOfScalar(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 2;
  return typeof value === 'object' && value !== null ? 2 : String(value).length;
}
