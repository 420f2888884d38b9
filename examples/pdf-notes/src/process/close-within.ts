import { within } from './within.js';

/** A connection of BullMQ. */
export interface Closable {
  /** Waits for what is under way, and for a server that is away. */
  close(): Promise<void>;
  /** Waits for nothing. */
  disconnect(): Promise<void>;
}

const CUT_WITHIN_MS = 1_000;

/** Closes in order where that is possible within `ms`; else the connection is cut, so that a server that is away does not keep the process. */
export async function closeWithin(ms: number, connection: Closable): Promise<void> {
  const closed = connection.close();
  try {
    await within(ms, closed);
  } catch {
    await within(CUT_WITHIN_MS, connection.disconnect().then(() => closed)).catch(() => {});
  }
}
