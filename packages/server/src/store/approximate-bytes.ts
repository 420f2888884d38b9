/** What a value that JSON can carry holds of memory, in bytes: its strings, and 16 for each value and each name. */
export function approximateBytes(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 16;
  let bytes = 16;
  for (const key in value) bytes += 16 + approximateBytes((value as Record<string, unknown>)[key]);
  return bytes;
}
