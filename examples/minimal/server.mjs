import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createJobEvents, dangerouslyAllowEverybodyAs } from '@notes/job-events-server';
import { Server } from 'socket.io';

const server = createServer((request, response) => jobEvents.nodeHandler(request, response, () => answer(request, response)));
const io = new Server(server, { maxHttpBufferSize: 100_000 });
const jobEvents = createJobEvents(io, {
  // Here belongs your own way of knowing who asks: ({ token, headers }) => ({ userId }), or null.
  authenticate: dangerouslyAllowEverybodyAs('demo'),
});

async function answer(request, response) {
  if (request.url === '/') return sendFile(response, new URL('page.html', import.meta.url), 'text/html');
  if (request.url === '/job-events.js') return sendFile(response, new URL(import.meta.resolve('@notes/job-events-client/browser')), 'text/javascript');
  if (request.url !== '/jobs' || request.method !== 'POST') return response.writeHead(404).end();

  const job = { jobId: randomUUID(), userId: 'demo' };
  const { send } = await jobEvents.accepted(job);
  work(job).catch(console.error);
  await send(response); // 202, Location, and the job's first state
}

/** In this process, or in a worker far away: it is the same code. */
async function work(job) {
  await jobEvents.emitter.run(job, async (run) => {
    const stages = ['DOWNLOADING', 'EXTRACTING_TEXT', 'GENERATING_NOTES'];
    for (const [index, stage] of stages.entries()) {
      run.stage(stage, index / stages.length);
      await sleep(1_500, undefined, { signal: run.signal }); // aborted when the user cancels
    }
    return { pages: 12 };
  });
}

async function sendFile(response, file, type) {
  response.setHeader('content-type', `${type}; charset=utf-8`).end(await readFile(file));
}

const { PORT = 3000 } = process.env;
server.listen(PORT, () => console.log(`http://localhost:${server.address().port}`));
