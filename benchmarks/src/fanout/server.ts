/** The server process: one variant, a fixed load on request, and what it cost in CPU time. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createJobEvents, JobStage, MemoryJobStore, type AnyJobSnapshot } from '@notes/job-events-server';
import { Server } from 'socket.io';
import { jobIdOf, userIdOf, type FromServer, type Load, type ToServer } from './messages.ts';

const load = JSON.parse(process.argv[2]!) as Load;
const MESSAGE = 'Writing the notes, part 07 of 12';
const say = (message: FromServer): void => void process.send!(message);

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 32_768, transports: ['websocket'], serveClient: false });

type EmitRound = (round: number) => Promise<number>;
const emitRound: EmitRound = load.variant === 'job-events' ? await throughJobEvents() : rawEmits();

/** Our emitter and gateway, with validation, stamping and the memory store; nothing is coalesced. */
async function throughJobEvents(): Promise<EmitRound> {
  const { emitter } = createJobEvents(io, {
    authenticate: ({ token }) => (token === undefined ? null : { userId: token }),
    store: new MemoryJobStore(),
    throttle: { intervalMs: 0 },
    logger: { debug() {}, info() {}, warn() {}, error: console.error },
    onError: (error) => console.error(error),
  });
  // A job has to be known before anybody can subscribe to it.
  for (let index = 0; index < load.jobs; index++) await emitter.emitQueued({ jobId: jobIdOf(index), userId: userIdOf(index) });
  return async (round) => {
    // Not awaited one by one: raw emits are not either, and waiting changes how the sockets are written.
    let last: Promise<unknown> | undefined;
    for (let index = 0; index < load.jobs; index++) {
      last = emitter.emitProgress({
        jobId: jobIdOf(index),
        userId: userIdOf(index),
        stage: JobStage.GENERATING_NOTES,
        progress: progressOf(round),
        message: MESSAGE,
      });
    }
    return Buffer.byteLength(JSON.stringify(await last));
  };
}

/** What people write by hand, and the least that Socket.IO can do. */
function rawEmits(): EmitRound {
  const jobs = io.of('/jobs');
  jobs.on('connection', (socket) => {
    socket.on('subscribe', ({ subscriptions }: { subscriptions: { userId?: string; jobId?: string }[] }, done: (answer: object) => void) => {
      for (const { userId, jobId } of subscriptions) void socket.join(jobId === undefined ? `user:${userId}` : `job:${jobId}`);
      done({ ok: true, snapshots: [] });
    });
  });
  const createdAt = new Date().toISOString();
  return async (round) => {
    let last: AnyJobSnapshot | undefined;
    for (let index = 0; index < load.jobs; index++) {
      last = {
        jobId: jobIdOf(index),
        status: 'active',
        stage: JobStage.GENERATING_NOTES,
        progress: progressOf(round),
        message: MESSAGE,
        version: [1, 0, 1_790_000_000_000, round + 1],
        createdAt,
        timestamp: new Date().toISOString(),
      };
      const user = `user:${userIdOf(index)}`;
      const job = `job:${jobIdOf(index)}`;
      if (load.variant === 'two emits') {
        jobs.to(user).emit('job:progress', last);
        jobs.to(job).emit('job:progress', last);
      } else {
        jobs.to([user, job]).emit('job:progress', last);
      }
    }
    return Buffer.byteLength(JSON.stringify(last));
  };
}

function progressOf(round: number): number {
  return Math.round((100 * (round + 1)) / (load.rounds + 1));
}

let before = process.cpuUsage();
let eventBytes = 0;
process.on('message', async (message: ToServer) => {
  if (message.do === 'emit') {
    before = process.cpuUsage();
    for (let round = message.from; round < message.from + message.rounds; round++) {
      eventBytes = await emitRound(round);
      // The sockets are written between rounds, as they would be between real events.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } else {
    const { user, system } = process.cpuUsage(before);
    say({ said: 'measured', cpuMicros: user + system, eventBytes });
  }
});

http.listen(0, '127.0.0.1', () => say({ said: 'listening', port: (http.address() as AddressInfo).port }));
