let last = { milliseconds: Number.NaN, text: '' };

/** ISO 8601 in UTC. Many events fall into one millisecond, and the text costs more than all else that is said of one. */
export function isoTime(milliseconds: number): string {
  if (milliseconds !== last.milliseconds) last = { milliseconds, text: new Date(milliseconds).toISOString() };
  return last.text;
}
