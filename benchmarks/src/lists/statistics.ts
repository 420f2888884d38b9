export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/**
 * The CPU time of this thread in ms: how long the page's main thread is busy, also on a machine that is shared. Exact to
 * some milliseconds, so for long work alone.
 */
export function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The heap in use after a collection, in bytes. Needs `--expose-gc`. */
export function bytesUsed(): number {
  for (let round = 0; round < 3; round++) (globalThis as { gc?(): void }).gc!();
  return process.memoryUsage().heapUsed;
}
