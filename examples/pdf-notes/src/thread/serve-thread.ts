import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadMessage } from './thread-messages.js';

/** The whole life of a thread: takes the input that it was started with, works, tells the result and ends. */
export async function serveThread<Input, Output, Progress>(
  work: (input: Input, report: (progress: Progress) => void) => Output | Promise<Output>,
): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  const say = (message: ThreadMessage<Output, Progress>) => parentPort?.postMessage(message);
  try {
    const output = await work(workerData as Input, (progress) => say({ kind: 'progress', progress }));
    say({ kind: 'result', output });
  } catch (error) {
    // Messages keep the name, message and stack of an error, but none of its other properties.
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    say({ kind: 'thrown', error, code });
  }
}
