/** The client process: raw WebSocket frames, so that reading costs as little as it can on the shared machine. */
import WebSocket from 'ws';
import { jobIdOf, socketsOf, userIdOf, type FromClients, type ToClients } from './messages.ts';

const [port, jobs] = process.argv.slice(2).map(Number) as [number, number];
const say = (message: FromClients): void => void process.send!(message);

let received = 0;
let expected = Infinity;
const count = (): void => {
  if (++received === expected) say({ said: 'received' });
};

function watch(userId: string, subscriptions: object[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  socket.on('error', reject);
  socket.on('message', (data: Buffer) => {
    const frame = data.toString('latin1', 0, 24);
    if (frame.startsWith('42/jobs,["job:progress"')) count();
    else if (frame.startsWith('0{')) socket.send(`40/jobs,${JSON.stringify({ token: userId, protocol: 1 })}`);
    else if (frame.startsWith('40/jobs,')) socket.send(`42/jobs,0${JSON.stringify(['subscribe', { subscriptions }])}`);
    else if (frame.startsWith('43/jobs,0')) resolve();
    else if (frame === '2') socket.send('3');
    else reject(new Error(`The server said: ${data.toString()}`));
  });
  return promise;
}

process.on('message', (message: ToClients) => {
  expected = message.frames;
  if (received >= expected) say({ said: 'received' });
});

for (let index = 0; index < jobs; index++) {
  const userId = userIdOf(index);
  await watch(userId, [{ userId }, { jobId: jobIdOf(index) }]);
  if (socketsOf(index) === 2) await watch(userId, [{ userId }]);
}
say({ said: 'ready' });
