import { randomUUID } from 'node:crypto';
import { isoTime } from '../iso-time.js';
import { JobEventsServerError } from '../server-errors.js';
import type { JobStore, SuperviseResult, UnfinishedJob, UnfinishedQuery } from '../store/job-store.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import type { Timing } from '../timing.js';
import type { Announcer } from './announcer.js';
import type { StoreContact } from './store-contact.js';

/** What becomes of a job whose run sends no heartbeat, because its process is gone, frozen or cut off. */
export interface SupervisionOptions {
  /** After this time without a heartbeat, in ms, the job is shown as `stalled`: nobody may be working on it. Runs send one every 5 s. Default: 30,000. */
  readonly stalledAfterMs?: number | undefined;
  /**
   * After this time without a heartbeat, in ms, the job ends as `failed` with the code `WORKER_LOST`, unless it is a job
   * of a queue, which gives it to another worker. `false`: it stays as it is. Default: 300,000.
   */
  readonly workerLostAfterMs?: number | false | undefined;
}

/** The lease under which one process at a time looks after the runs of all. */
const LEASE = 'job-events:run-supervisor';
const LEASE_MS = 30_000;
const CHECK_EVERY_MS = 10_000;
/**
 * A run is ended only after it was seen without a heartbeat for so long while the store answered. After an outage of the
 * store, or a step of its clock, every run is silent on the store's clock, and the living ones send a heartbeat soon.
 */
const SEEN_SILENT_MS = 20_000;
/** Half to one and a half of the interval, so that processes that start together do not ask together. */
const jittered = (random: number): number => CHECK_EVERY_MS * (0.5 + random);
const PAGE = 200;
/** Jobs that wait are listed too. What is not reached in one check is in a later one. */
const PAGES_A_CHECK = 10;

/** The last heartbeat of a run, and since when, on the monotonic clock, it has been the last. */
interface Sighting {
  readonly epoch: number;
  readonly aliveAt: number;
  readonly since: number;
}

interface Settings {
  readonly stalledAfterMs: number;
  readonly workerLostAfterMs: number | false;
}

/** @throws JobEventsServerError `INVALID_OPTIONS` */
function readSupervision({ stalledAfterMs = 30_000, workerLostAfterMs = 300_000 }: SupervisionOptions): Settings {
  // Runs send a heartbeat every 5 s; one may be late or lost.
  if (!(stalledAfterMs >= 10_000)) throw new JobEventsServerError('INVALID_OPTIONS', `supervision.stalledAfterMs must be at least 10,000, twice the interval of heartbeats, not ${String(stalledAfterMs)}.`);
  if (workerLostAfterMs !== false && !(workerLostAfterMs >= stalledAfterMs))
    throw new JobEventsServerError('INVALID_OPTIONS', `supervision.workerLostAfterMs must be false, or at least stalledAfterMs (${stalledAfterMs}), not ${String(workerLostAfterMs)}.`);
  return { stalledAfterMs, workerLostAfterMs };
}

/** Finds runs of any process that send no heartbeat, and has the store mark or end their jobs. */
export class RunSupervisor {
  readonly #deps: { readonly contact: StoreContact; readonly announcer: Announcer; readonly timing: Timing; readonly holder: string; readonly random: () => number };
  readonly #settings: Settings;
  #timer: unknown;
  /** Where the next check goes on. */
  #after: UnfinishedQuery['after'];
  /** The silent runs of the pass before, and of this one. */
  #seen = new Map<string, Sighting>();
  #seenNow = new Map<string, Sighting>();
  #isClosed = false;

  constructor(deps: { contact: StoreContact; announcer: Announcer; timing: Timing; holder: string; random?: () => number }, settings: Settings) {
    this.#deps = { random: Math.random, ...deps };
    this.#settings = settings;
    this.#checkLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#deps.timing.clearTimeout(this.#timer);
  }

  #checkLater(): void {
    if (this.#isClosed) return;
    const { timing, random } = this.#deps;
    this.#timer = timing.setTimeout(() => void this.#check().finally(() => this.#checkLater()), jittered(random()));
  }

  async #check(): Promise<void> {
    try {
      for (let page = 0; page < PAGES_A_CHECK && (await this.#holdsLease()); page++) {
        const jobs = await this.#ask((store) =>
          store.listUnfinished({ untouchedForMs: this.#settings.stalledAfterMs, limit: PAGE, ...(this.#after && { after: this.#after }) }));
        await Promise.all(jobs.filter(({ run }) => run !== undefined).map((job) => this.#supervise(job)));
        const last = jobs.at(-1);
        this.#after = jobs.length < PAGE || last === undefined ? undefined : { touchedAt: last.touchedAt, jobId: last.snapshot.jobId };
        if (this.#after === undefined) return this.#beginPass(this.#seenNow);
      }
    } catch {
      // Reported by the contact. While the store is away no run can send a heartbeat, so everything is observed anew.
      this.#beginPass(new Map());
    }
  }

  #beginPass(seen: Map<string, Sighting>): void {
    this.#seen = seen;
    this.#seenNow = new Map();
  }

  /** Whether this process has seen the run without a heartbeat for long enough to take its process for gone. */
  #isSeenSilent({ snapshot: { jobId }, run }: UnfinishedJob): boolean {
    if (run === undefined) return false;
    const now = this.#deps.timing.monotonic();
    const before = this.#seen.get(jobId);
    const isSame = before?.epoch === run.epoch && before.aliveAt === run.aliveAt;
    const sighting = isSame ? before : { epoch: run.epoch, aliveAt: run.aliveAt, since: now };
    this.#seenNow.set(jobId, sighting);
    return now - sighting.since >= SEEN_SILENT_MS;
  }

  async #supervise(job: UnfinishedJob): Promise<void> {
    const { stalledAfterMs, workerLostAfterMs } = this.#settings;
    const { jobId, cancelRequested } = job.snapshot;
    const mayEnd = this.#isSeenSilent(job);
    // A silent run that was asked to cancel would be ended at once.
    if (!mayEnd && cancelRequested) return;
    const options = { stalledAfterMs, ...(mayEnd && workerLostAfterMs !== false && { lostAfterMs: workerLostAfterMs }), timestamp: isoTime(this.#deps.timing.now()) };
    const result: SuperviseResult = await this.#ask((store) => store.superviseRun(jobId, options));
    if (result.outcome === 'stalled' || result.outcome === 'ended') this.#deps.announcer.announce(result.record.userId, result.record.snapshot);
  }

  #holdsLease(): Promise<boolean> {
    return this.#isClosed ? Promise.resolve(false) : this.#ask((store) => store.takeLease(LEASE, this.#deps.holder, LEASE_MS));
  }

  #ask<Answer>(question: (store: JobStore) => Promise<Answer>): Promise<Answer> {
    return this.#deps.contact.ask(question);
  }
}

/** Starts supervision, unless it is switched off or the store keeps it for this process alone. */
export function superviseRuns(
  { supervision, store }: { readonly supervision?: SupervisionOptions | false | undefined; readonly store: JobStore },
  deps: { readonly contact: StoreContact; readonly announcer: Announcer; readonly timing: Timing },
): RunSupervisor | undefined {
  if (supervision === false || (supervision === undefined && store instanceof MemoryJobStore)) return undefined;
  return new RunSupervisor({ ...deps, holder: randomUUID() }, readSupervision(supervision ?? {}));
}
