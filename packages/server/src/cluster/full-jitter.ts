/** How long to wait before the next try, in ms: anything up to a limit that doubles with each failure. */
export const fullJitter = (failures: number, { baseMs, mostMs }: { baseMs: number; mostMs: number }): number =>
  Math.random() * Math.min(mostMs, baseMs * 2 ** Math.min(failures, 30));
