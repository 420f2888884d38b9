import type { JobsSocket } from './socket-session.js';

type Connection = JobsSocket['conn'];

/** So many may wait before it is worth reading what they are: a burst in one turn is not a slow socket. */
const FEW = 16;

/** How an event begins in Socket.IO's encoding; an acknowledgement begins with 3. */
const EVENT = '2';

/** What Engine.IO hands to its `packetCreate` listeners, as far as it matters here. */
interface OutgoingPacket {
  readonly data?: unknown;
}

/**
 * Keeps what waits for one socket bounded. Engine.IO's own buffer grows without end for a client that does not read.
 *
 * Where packets pile up, progress of a job that waits gives way to newer progress of the same job; ends and answers
 * never do. A socket for which more than `maxBytes` wait nevertheless (a character counts as one) is cut: it comes back
 * and gets the state of things from the store, so nothing is lost by it. Packets of other namespaces on the same
 * connection are neither counted nor touched. With a binary parser instead of Socket.IO's own, nothing is: packets are
 * then unreadable here.
 */
export class SlowSocketGuard {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #maxBytes: number;
  readonly #onEvent: (() => void) | undefined;
  readonly #onCut: () => void;
  /** Engine.IO starts a new array with each flush, by which a flush is recognized. */
  #buffer: readonly unknown[] | undefined;
  #waitingBytes = 0;
  #flushedBytes = 0;
  /** What was handed over last to a transport that took it, and has not been weighed. */
  #leaving: OutgoingPacket | undefined;
  readonly #waitingProgress = new Map<string, OutgoingPacket>();
  #isSuspected = false;
  readonly #listener = (packet: OutgoingPacket): void => {
    // Nearly every packet of a socket that reads: nothing waits, so it is not even looked at.
    if (this.#onEvent === undefined && this.#outgoing.length === 0 && this.#connection.transport.writable) this.#leaving = packet;
    else this.#observe(packet);
  };

  constructor(socket: JobsSocket, options: { maxBytes: number; onEvent: (() => void) | undefined; onCut: () => void }) {
    this.#connection = socket.conn;
    this.#prefix = socket.nsp.name === '/' ? '' : `${socket.nsp.name},`;
    this.#maxBytes = options.maxBytes;
    this.#onEvent = options.onEvent;
    this.#onCut = options.onCut;
    this.#connection.on('packetCreate', this.#listener);
  }

  stop(): void {
    this.#connection.off('packetCreate', this.#listener);
  }

  /** Documented by Engine.IO, though its types hide it. */
  get #outgoing(): OutgoingPacket[] {
    return (this.#connection as unknown as { readonly writeBuffer: OutgoingPacket[] }).writeBuffer;
  }

  /** Called before Engine.IO puts the packet into the buffer. */
  #observe(packet: OutgoingPacket): void {
    if (this.#leaving !== undefined) this.#beginAfter(this.#leaving);
    const { data } = packet;
    if (!this.#isOurs(data)) return;
    if (data.startsWith(EVENT)) this.#onEvent?.();
    this.#noticeFlush();
    this.#waitingBytes += data.length;
    if (this.#outgoing.length >= FEW) this.#replaceOlderProgress(packet, data);
    if (this.#isOverLimit) this.#suspect();
  }

  #isOurs(data: unknown): data is string {
    return typeof data === 'string' && data.startsWith(this.#prefix, 1);
  }

  /** All that had waited was gone when this one was handed over. */
  #beginAfter({ data }: OutgoingPacket): void {
    this.#leaving = undefined;
    this.#buffer = this.#outgoing;
    this.#waitingBytes = 0;
    this.#flushedBytes = this.#isOurs(data) ? data.length : 0;
    this.#waitingProgress.clear();
  }

  #noticeFlush(): void {
    if (this.#outgoing !== this.#buffer) {
      this.#buffer = this.#outgoing;
      this.#flushedBytes = this.#waitingBytes;
      this.#waitingBytes = 0;
      if (this.#waitingProgress.size > 0) this.#waitingProgress.clear();
    }
    if (this.#connection.transport.writable) this.#flushedBytes = 0;
  }

  #replaceOlderProgress(packet: OutgoingPacket, data: string): void {
    const jobId = jobIdOfProgress(data, this.#prefix);
    if (jobId === undefined) return;
    const older = this.#waitingProgress.get(jobId);
    const index = older === undefined ? -1 : this.#outgoing.indexOf(older);
    if (index >= 0) {
      this.#outgoing.splice(index, 1);
      this.#waitingBytes -= String(older?.data).length;
    }
    this.#waitingProgress.set(jobId, packet);
  }

  get #isOverLimit(): boolean {
    return this.#waitingBytes + this.#flushedBytes > this.#maxBytes;
  }

  /** A burst within one turn of the event loop has had no chance to leave: what still waits after it is not read. */
  #suspect(): void {
    if (this.#isSuspected) return;
    this.#isSuspected = true;
    setImmediate(() => {
      this.#isSuspected = false;
      this.#noticeFlush();
      if (this.#isOverLimit) this.#cut();
    });
  }

  #cut(): void {
    const transport: unknown = this.#connection.transport;
    this.#connection.close(true);
    terminate(transport);
    this.#onCut();
  }
}

/** A WebSocket's closing handshake would wait behind everything that the peer does not read. */
function terminate(transport: unknown): void {
  const socket: unknown = typeof transport === 'object' && transport !== null && 'socket' in transport && transport.socket;
  if (typeof socket === 'object' && socket !== null && 'terminate' in socket && typeof socket.terminate === 'function')
    socket.terminate();
}

/** One broadcast goes to many sockets as the same text: it is read once. */
let lastRead: { readonly data: string; readonly jobId: string | undefined } | undefined;

function jobIdOfProgress(data: string, prefix: string): string | undefined {
  const start = 1 + prefix.length;
  if (!data.startsWith(EVENT) || !data.startsWith('["job:progress",', start)) return undefined;
  if (lastRead?.data !== data) lastRead = { data, jobId: readJobId(data.slice(start)) };
  return lastRead.jobId;
}

function readJobId(json: string): string | undefined {
  const [, job] = JSON.parse(json) as [string, { jobId?: unknown }];
  return typeof job.jobId === 'string' ? job.jobId : undefined;
}
