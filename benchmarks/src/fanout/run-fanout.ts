import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  deliveriesOfOneRound, framesOfOneRound, VARIANTS, type FromClients, type FromServer, type ToClients, type ToServer, type Variant,
} from './messages.ts';

interface FanoutOptions {
  readonly repetitions: number;
  readonly jobs: number;
  readonly rounds: number;
}

/** Before the measurement, so that what is compared is compiled code. */
const WARM_UP_ROUNDS = 60;

/** One variant: a server process, and a process with its clients. */
interface Contender {
  readonly variant: Variant;
  /** Lets the server emit so many rounds, and resolves when all of it has arrived. */
  emit(rounds: number): Promise<void>;
  /** What the last `emit` cost. */
  measure(): Promise<{ cpuMicros: number; eventBytes: number }>;
  stop(): void;
}

/** After so many repetitions all processes are started anew: what one happens to be like is not what a variant is like. */
const REPETITIONS_OF_A_CAST = 3;

/**
 * Runs every variant in turn, as often as asked, and prints the ratios to the plain emit of the same turn. All servers of a
 * cast live side by side and take turns of a fraction of a second, so that a machine which is slower for a while is slower for all.
 */
export async function runFanout(options: FanoutOptions): Promise<void> {
  const deliveries = deliveriesOfOneRound(options.jobs) * options.rounds;
  console.log(
    `fanout: ${options.jobs} jobs, ${options.rounds} events each, ${deliveries} useful deliveries, ${options.repetitions} interleaved repetitions`,
  );
  const costs = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  let eventBytes = 0;
  for (let done = 0; done < options.repetitions; done += REPETITIONS_OF_A_CAST) {
    const contenders: Contender[] = [];
    try {
      for (const variant of rotate(VARIANTS, done)) contenders.push(await prepare(variant, options));
      for (const contender of contenders) await contender.emit(WARM_UP_ROUNDS);
      for (let repetition = done; repetition < Math.min(done + REPETITIONS_OF_A_CAST, options.repetitions); repetition++) {
        // The order rotates, so that none always runs first or last.
        for (const contender of rotate(contenders, repetition)) {
          await contender.emit(options.rounds);
          const measured = await contender.measure();
          eventBytes = measured.eventBytes;
          costs.get(contender.variant)!.push(measured.cpuMicros / deliveries);
        }
      }
    } finally {
      for (const contender of contenders) contender.stop();
    }
    process.stderr.write(`${Math.min(done + REPETITIONS_OF_A_CAST, options.repetitions)} of ${options.repetitions} repetitions\n`);
  }
  console.log(`${eventBytes}-byte events; CPU of the server process per useful delivery:`);
  for (const variant of VARIANTS) console.log(summary(variant, costs));
}

async function prepare(variant: Variant, { jobs, rounds }: FanoutOptions): Promise<Contender> {
  const server = start('server.ts', [JSON.stringify({ variant, jobs, rounds: WARM_UP_ROUNDS + rounds * REPETITIONS_OF_A_CAST })]);
  const { port } = await heard<FromServer, 'listening'>(server, 'listening');
  const clients = start('clients.ts', [String(port), String(jobs)]);
  await heard<FromClients, 'ready'>(clients, 'ready');
  let emitted = 0;
  return {
    variant,
    async emit(count) {
      clients.send({ do: 'expect', frames: framesOfOneRound(variant, jobs) * (emitted + count) } satisfies ToClients);
      server.send({ do: 'emit', from: emitted, rounds: count } satisfies ToServer);
      emitted += count;
      await heard<FromClients, 'received'>(clients, 'received');
    },
    async measure() {
      server.send({ do: 'measure' } satisfies ToServer);
      return heard<FromServer, 'measured'>(server, 'measured');
    },
    stop() {
      clients.kill('SIGKILL');
      server.kill('SIGKILL');
    },
  };
}

function start(file: string, args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function heard<M extends { said: string }, S extends M['said']>(child: ChildProcess, what: S): Promise<Extract<M, { said: S }>> {
  const done = new AbortController();
  const { signal } = done;
  const died = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`The ${child.spawnfile} process ended with ${code} before it said '${what}'.`);
  });
  died.catch(() => undefined);
  try {
    for (;;) {
      const [message] = (await Promise.race([once(child, 'message', { signal }), died])) as [M];
      if (message.said === what) return message as Extract<M, { said: S }>;
    }
  } finally {
    done.abort();
  }
}

function summary(variant: Variant, costs: ReadonlyMap<Variant, readonly number[]>): string {
  const ratioTo = (other: Variant) => spread(costs.get(variant)!.map((cost, repetition) => cost / costs.get(other)![repetition]!));
  const shown = ([low, median, high]: readonly number[]) => `${median!.toFixed(2)}× (${low!.toFixed(2)}–${high!.toFixed(2)})`;
  const median = spread(costs.get(variant)!)[1].toFixed(1);
  return `${variant.padEnd(12)} ${median.padStart(6)} µs   ${shown(ratioTo('union'))} of union   ${shown(ratioTo('two emits'))} of two emits`;
}

function spread(values: readonly number[]): [low: number, median: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
}

const rotate = <T>(list: readonly T[], by: number): T[] => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];
