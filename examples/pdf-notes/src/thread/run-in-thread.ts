import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { ThreadError } from './thread-error.js';
import type { ThreadMessage } from './thread-messages.js';

export interface ThreadLimits {
  /** From the start of the thread to its result. */
  readonly timeoutMs: number;
  /** What it allocates, in the JavaScript heap and beside it. */
  readonly memoryMegabytes: number;
}

export interface RunInThreadOptions<Progress> {
  readonly limits: ThreadLimits;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const MEGABYTE = 1024 * 1024;
const MEMORY_CHECKED_EVERY_MS = 200;

/** More threads than processors only take memory from each other. */
const turns = pLimit(Math.max(2, availableParallelism()));

/**
 * Does work in a thread of its own, whose module calls `serveThread`. Whatever the work does, it neither stops this
 * process nor makes it wait; a thread that goes beyond its limits, or is no longer wanted, is ended at once.
 *
 * @throws ThreadError; the reason of `signal` where it was aborted.
 */
export async function runInThread<Input, Output, Progress = never>(module: URL, input: Input, options: RunInThreadOptions<Progress>): Promise<Output> {
  return turns(async () => {
    options.signal?.throwIfAborted();
    return new Promise<Output>((resolve, reject) => superviseThread(module, input, options, resolve, reject));
  });
}

function superviseThread<Input, Output, Progress>(
  module: URL,
  input: Input,
  { limits, signal, onProgress }: RunInThreadOptions<Progress>,
  resolve: (output: Output) => void,
  reject: (error: unknown) => void,
): void {
  const thread = new Worker(module, {
    workerData: input,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMegabytes },
    // The flags of this process, such as where packages are resolved to in tests, are not the thread's.
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  // What a library writes about a strange file helps nobody here.
  thread.stdout.resume();
  thread.stderr.resume();
  let isEnding = false;
  const end = (settle: () => void) => {
    if (isEnding) return;
    isEnding = true;
    clearTimeout(timeout);
    clearInterval(memoryCheck);
    signal?.removeEventListener('abort', onAbort);
    // Settled only when the thread is gone, so that its memory and its turn are free again.
    void thread.terminate().then(settle, settle);
  };
  const fail = (error: unknown) => end(() => reject(error));
  const onAbort = () => fail(signal?.reason);
  const timeout = setTimeout(() => fail(new ThreadError('THREAD_TOO_SLOW')), limits.timeoutMs);
  const memoryCheck = setInterval(() => {
    void memoryOf(thread).then((bytes) => bytes > limits.memoryMegabytes * MEGABYTE && fail(new ThreadError('THREAD_TOO_HEAVY')));
  }, MEMORY_CHECKED_EVERY_MS);
  signal?.addEventListener('abort', onAbort, { once: true });

  thread.on('message', (message: ThreadMessage<Output, Progress>) => {
    if (message.kind === 'progress') onProgress?.(message.progress);
    else if (message.kind === 'result') end(() => resolve(message.output));
    else fail(new ThreadError('THREAD_THREW', { cause: message.error, thrownCode: message.code }));
  });
  thread.on('error', (error) => {
    const isHeapFull = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    fail(new ThreadError(isHeapFull ? 'THREAD_TOO_HEAVY' : 'THREAD_THREW', { cause: error }));
  });
  thread.on('exit', (code) => fail(new ThreadError('THREAD_THREW', { cause: new Error(`The thread ended with code ${code} and without a result.`) })));
}

/** The limits of a thread count its objects only; what a PDF unpacks to lies in buffers beside them. */
async function memoryOf(thread: Worker): Promise<number> {
  try {
    const { used_heap_size: heap, external_memory: buffers } = await thread.getHeapStatistics();
    return heap + buffers;
  } catch {
    return 0; // It has ended in between.
  }
}
