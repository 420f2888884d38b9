import { TestRunner } from 'vitest';

/** On a second try of a test whoever takes part is somebody else: what the first try left would be in the way. */
export function nameForThisTry(name: string): string {
  const tries = TestRunner.getCurrentTest()?.result?.retryCount ?? 0;
  return tries === 0 ? name : `${name}-${tries + 1}`;
}
