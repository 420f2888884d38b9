type Report = (error: unknown) => unknown;

/**
 * Gives errors to the application's `onError`, read at each call. An `onError` that throws, or whose promise rejects,
 * harms nobody: what it was given and what it threw go to `lastResort`.
 */
export function createErrorReporter(onError: () => Report | undefined, lastResort: Report): (error: unknown) => void {
  async function report(error: unknown): Promise<void> {
    try {
      await (onError() ?? lastResort)(error);
    } catch (thrown) {
      lastResort(error);
      lastResort(thrown);
    }
  }
  return (error) => void report(error);
}
