import { JobEventsProvider, useJob } from '@notes/job-events-react';
import { JSDOM } from 'jsdom';
import { createContext, createElement, memo, useContext, useSyncExternalStore, type FunctionComponent } from 'react';
import { createRoot } from 'react-dom/client';
import { createJob, createStubServer, loadList, USER_ID } from './stub-server.ts';
import { bytesUsed, median } from './statistics.ts';

const ROWS = 5_000;
const EVENTS = 200;
const WARM_UP = 50;

/** One event, from its arrival until React has put it into the document: the median of many, and the most renders. */
export interface RowTimes {
  readonly ms: number;
  readonly renders: number;
  /** What one row that is mounted keeps of the heap, its elements included. */
  readonly bytes: number;
}

interface Page {
  readonly Row: FunctionComponent<{ index: number }>;
  send(index: number, seq: number): void;
  /** What goes around the rows. */
  wrap(rows: React.ReactNode): React.ReactNode;
}

let renders = 0;

/** A row with `useJob`. */
async function pageOfJobs(): Promise<Page> {
  const jobs = Array.from({ length: ROWS }, (_, index) => createJob(index));
  const server = createStubServer(jobs);
  await loadList(server, ROWS);
  const Row = memo(function Row({ index }: { index: number }) {
    renders++;
    const state: any = useJob(jobs[index]!.jobId);
    // Versions before `{ job, error, isPending }` return the job.
    const job = state && 'isPending' in state ? state.job : state;
    return createElement('li', null, job?.version[3]);
  });
  return {
    Row,
    send: (index, seq) => server.send(createJob(index, {}, seq)),
    wrap: (rows) => createElement(JobEventsProvider, { client: server.client as never, userId: USER_ID }, rows),
  };
}

/** What a row of the page below subscribes to. */
interface BareStore {
  subscriberOf(index: number): (listener: () => void) => () => void;
  valueOf(index: number): number | undefined;
}

const BareContext = createContext<BareStore | undefined>(undefined);

/** A row on the least that a hook with a provider can be: one context, one map of listeners. What it costs is React's own. */
async function pageOfBareStore(): Promise<Page> {
  const values = new Map<number, number>();
  const listeners = new Map<number, () => void>();
  const subscribers = Array.from({ length: ROWS }, (_, index) => (listener: () => void) => {
    listeners.set(index, listener);
    return () => void listeners.delete(index);
  });
  const store: BareStore = { subscriberOf: (index) => subscribers[index]!, valueOf: (index) => values.get(index) };
  const Row = memo(function Row({ index }: { index: number }) {
    renders++;
    const { subscriberOf, valueOf } = useContext(BareContext)!;
    return createElement('li', null, useSyncExternalStore(subscriberOf(index), () => valueOf(index)));
  });
  return {
    Row,
    send(index, seq) {
      values.set(index, seq);
      listeners.get(index)!();
    },
    wrap: (rows) => createElement(BareContext.Provider, { value: store }, rows),
  };
}

/** @param groupSize how many rows have one parent */
async function measure(page: Page, groupSize: number): Promise<RowTimes> {
  const groups = Array.from({ length: ROWS / groupSize }, (_, group) =>
    createElement(
      'ul',
      { key: group },
      Array.from({ length: groupSize }, (__, row) => createElement(page.Row, { key: row, index: group * groupSize + row })),
    ),
  );
  const before = bytesUsed();
  createRoot(document.getElementById('root')!).render(page.wrap(groups));
  while (document.querySelectorAll('li').length < ROWS) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const bytes = (bytesUsed() - before) / ROWS;
  // Once: to look for a row among all after each event would leave nothing of React's in the processor's cache.
  const shownRows = document.querySelectorAll('li');
  const times: number[] = [];
  const counts: number[] = [];
  for (let count = 0; count < WARM_UP + EVENTS; count++) {
    const index = (count * 7_919) % ROWS;
    renders = 0;
    const begin = performance.now();
    page.send(index, 2 + count);
    // React renders in a microtask.
    await undefined;
    await undefined;
    const end = performance.now();
    const shown = shownRows[index]!.textContent;
    if (shown !== String(2 + count)) throw new Error(`Row ${index} shows ${shown} after event ${2 + count}.`);
    if (count < WARM_UP) continue;
    times.push(end - begin);
    counts.push(renders);
  }
  return { ms: median(times), renders: Math.max(...counts), bytes };
}

function prepareDocument(): void {
  const { window } = new JSDOM('<!doctype html><div id="root"></div>', { url: 'http://localhost/', pretendToBeVisual: true });
  const globals = { window, document: window.document, HTMLElement: window.HTMLElement, Node: window.Node, AbortController: window.AbortController, AbortSignal: window.AbortSignal };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

async function rows(make: () => Promise<Page>, groupSize: number): Promise<RowTimes> {
  prepareDocument();
  return measure(await make(), groupSize);
}

const SMALL_GROUP = 50;
export const rowsOfOneParent = (): Promise<RowTimes> => rows(pageOfJobs, ROWS);
export const bareRowsOfOneParent = (): Promise<RowTimes> => rows(pageOfBareStore, ROWS);
export const rowsInGroups = (): Promise<RowTimes> => rows(pageOfJobs, SMALL_GROUP);
export const bareRowsInGroups = (): Promise<RowTimes> => rows(pageOfBareStore, SMALL_GROUP);
