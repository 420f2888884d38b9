import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilConnectedOptions {
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
  /** 2 s unless told. */
  readonly againAfterMs?: number;
}

/**
 * Tries to connect until it works.
 *
 * @throws the reason of the signal where it is aborted, and at once what is wrong with the options rather than with the
 * network.
 */
export async function untilConnected<Connection>(connect: () => Promise<Connection>, { signal, onFailure, againAfterMs = 2_000 }: UntilConnectedOptions): Promise<Connection> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connect();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'INVALID_OPTIONS') throw error;
      onFailure(error);
    }
    await sleep(againAfterMs, undefined, { signal }).catch(() => {});
  }
}
