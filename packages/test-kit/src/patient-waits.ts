import { vi } from 'vitest';

/** What `vi.waitFor` waits at most where a test does not say so: its own second is short on a machine that does something else. */
const PATIENCE_MS = 10_000;

const { waitFor } = vi;
vi.waitFor = (callback, options) => waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
