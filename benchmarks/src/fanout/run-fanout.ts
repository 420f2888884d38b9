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
const WARM_UP_ROUNDS = 20;

/** Runs every variant in turn, as often as asked, and prints the ratios to the plain emit of the same turn. */
export async function runFanout(options: FanoutOptions): Promise<void> {
  const deliveries = deliveriesOfOneRound(options.jobs) * options.rounds;
  console.log(
    `fanout: ${options.jobs} jobs, ${options.rounds} events each, ${deliveries} useful deliveries, ${options.repetitions} interleaved repetitions`,
  );
  const costs = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  let eventBytes = 0;
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    // The order rotates, so that none always runs first or last.
    for (const variant of rotate(VARIANTS, repetition)) {
      const measured = await measure(variant, options);
      eventBytes = measured.eventBytes;
      costs.get(variant)!.push(measured.cpuMicros / deliveries);
    }
    process.stderr.write(`repetition ${repetition + 1} of ${options.repetitions}\n`);
  }
  console.log(`${eventBytes}-byte events; CPU of the server process per useful delivery:`);
  for (const variant of VARIANTS) console.log(summary(variant, costs));
}

async function measure(variant: Variant, { jobs, rounds }: FanoutOptions): Promise<{ cpuMicros: number; eventBytes: number }> {
  const server = start('server.ts', [JSON.stringify({ variant, jobs, rounds: WARM_UP_ROUNDS + rounds })]);
  const { port } = await heard<FromServer, 'listening'>(server, 'listening');
  const clients = start('clients.ts', [String(port), String(jobs)]);
  try {
    await heard<FromClients, 'ready'>(clients, 'ready');
    const send = async (first: number, count: number): Promise<void> => {
      clients.send({ do: 'expect', frames: framesOfOneRound(variant, jobs) * (first + count) } satisfies ToClients);
      server.send({ do: 'emit', from: first, rounds: count } satisfies ToServer);
      await heard<FromClients, 'received'>(clients, 'received');
    };
    await send(0, WARM_UP_ROUNDS);
    await send(WARM_UP_ROUNDS, rounds);
    server.send({ do: 'measure' } satisfies ToServer);
    return await heard<FromServer, 'measured'>(server, 'measured');
  } finally {
    clients.kill('SIGKILL');
    server.kill('SIGKILL');
  }
}

function start(file: string, args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function heard<M extends { said: string }, S extends M['said']>(child: ChildProcess, what: S): Promise<Extract<M, { said: S }>> {
  const died = once(child, 'exit').then(([code]) => { throw new Error(`The ${child.spawnfile} process ended with ${code} before it said '${what}'.`); });
  for (;;) {
    const [message] = (await Promise.race([once(child, 'message'), died])) as [M];
    if (message.said === what) { died.catch(() => undefined); return message as Extract<M, { said: S }>; }
  }
}

function summary(variant: Variant, costs: ReadonlyMap<Variant, readonly number[]>): string {
  const own = costs.get(variant)!;
  const ratios = own.map((cost, repetition) => cost / costs.get('union')![repetition]!);
  const [low, , high] = spread(ratios);
  return `${variant.padEnd(12)} ${spread(own)[1].toFixed(1).padStart(6)} µs   ${spread(ratios)[1].toFixed(2)}× (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function spread(values: readonly number[]): [low: number, median: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
}

const rotate = <T>(list: readonly T[], by: number): T[] => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];
