import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildServiceOptions, startChildService } from './child-service.js';
import { DemoError } from './demo-error.js';

export interface KeptService<Announced> {
  readonly announced: Announced;
  /** Rejects with a DemoError when it is not started again any more. Never resolves. */
  readonly crashed: Promise<never>;
  stop(): Promise<void>;
}

export interface KeptServiceOptions extends ChildServiceOptions {
  /** One of several is started again when it dies; with the only one of its kind, everything ends. */
  readonly isOneOfSeveral: boolean;
  /** Tells the person in front of the terminal. */
  readonly say: (text: string) => void;
}

const RESTARTED_AFTER_MS = 500;
/** A service that dies more often than this within a minute is broken. */
const RESTARTS_A_MINUTE = 5;

/** Starts a part of the application, and starts it again when it dies, as a supervisor of processes would. */
export async function keepService<Announced>(options: KeptServiceOptions): Promise<KeptService<Announced>> {
  let service = await startChildService<Announced>(options);
  const { announced } = service;
  const stopped = new AbortController();
  const restarts: number[] = [];

  async function keep(): Promise<never> {
    for (;;) {
      const reason = await service.crashed.catch((error: DemoError) => error);
      if (!options.isOneOfSeveral || stopped.signal.aborted) throw reason;
      const lately = restarts.filter((time) => time > performance.now() - 60_000);
      if (lately.length >= RESTARTS_A_MINUTE) throw new DemoError(`${reason.message}\nIt did so too often.`, { cause: reason });
      restarts.push(performance.now());
      options.say(`${firstLine(reason.message)} It is started again.`);
      await sleep(RESTARTED_AFTER_MS, undefined, { signal: stopped.signal });
      service = await startChildService<Announced>(options);
      if (stopped.signal.aborted) await service.stop();
    }
  }
  const crashed = keep();
  crashed.catch(() => {});

  return {
    announced,
    crashed,
    stop: async () => {
      stopped.abort();
      await service.stop();
    },
  };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

