import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Server } from 'socket.io';
import { createJobEvents } from '../../../src/create-job-events.js';
import { connectWiring, databaseUrl, workArguments } from './connect-wiring.js';

const errors: string[] = [];
const { adapter, store } = await connectWiring(databaseUrl, ({ code }) => errors.push(code));
const http = createServer();
const io = new Server(http, { adapter, maxHttpBufferSize: 100_000 });
const jobEvents = createJobEvents(io, {
  authenticate: async ({ token }) => (token === undefined ? null : { userId: token }),
  store,
  // Everybody may watch every job.
  ...(workArguments.includes('shared') && { authorize: () => true }),
  ...(workArguments.includes('unsupervised') && { supervision: false as const }),
  onError: ({ code }) => errors.push(code),
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
});
http.on('request', (request, response) => {
  if (request.url === '/health') response.end('ok');
  else if (!request.url?.startsWith('/socket.io')) jobEvents.nodeHandler(request, response);
});

const loop = monitorEventLoopDelay({ resolution: 10 });
process.on('message', (message: { revoke?: { userId: string; jobId?: string }; measure?: true; report?: true }) => {
  if (message.revoke !== undefined) jobEvents.revoke(message.revoke);
  if (message.measure) loop.enable();
  if (message.report) process.send?.({ pid: process.pid, errors, loopDelayP99: loop.percentile(99) / 1e6 });
});
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
process.send?.({ port: (http.address() as AddressInfo).port });
