import { once } from 'node:events';

/** The person pressed Ctrl-C, or the process was asked to end in another way. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Aborted at the first signal to end; further ones change nothing, because ending is under way. */
export function listenForInterruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => controller.abort(new Interrupted(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return controller.signal;
}

/** Never resolves; rejects with an `Interrupted`. */
export async function untilInterrupted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
