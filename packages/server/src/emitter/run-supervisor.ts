import { randomUUID } from 'node:crypto';
import { isoTime } from '../iso-time.js';
import { JobEventsServerError } from '../server-errors.js';
import type { UnfinishedJob } from '../store/job-record.js';
import type { JobStore, UnfinishedQuery } from '../store/job-store.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import type { Timing } from '../timing.js';
import type { Announcer } from './announcer.js';
import { StoreClockWatch } from './store-clock-watch.js';
import type { StoreClient } from './store-client.js';
import { verdictOf, type SupervisionTimes } from './supervision-verdict.js';

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
/** Half to one and a half of the interval, so that processes that start together do not ask together. */
const jittered = (random: number): number => CHECK_EVERY_MS * (0.5 + random);
const PAGE = 200;

/** The last heartbeat of a run, and since when, on the monotonic clock, it has been seen as the last. */
interface Sighting {
  readonly epoch: number;
  readonly aliveAt: number;
  readonly since: number;
}

/** @throws JobEventsServerError `INVALID_OPTIONS` */
function readSupervision({ stalledAfterMs = 30_000, workerLostAfterMs = 300_000 }: SupervisionOptions): SupervisionTimes {
  // Runs send a heartbeat every 5 s; one may be late or lost.
  if (!(stalledAfterMs >= 10_000)) throw new JobEventsServerError('INVALID_OPTIONS', `supervision.stalledAfterMs must be at least 10,000, twice the interval of heartbeats, not ${String(stalledAfterMs)}.`);
  if (workerLostAfterMs !== false && !(workerLostAfterMs >= stalledAfterMs))
    throw new JobEventsServerError('INVALID_OPTIONS', `supervision.workerLostAfterMs must be false, or at least stalledAfterMs (${stalledAfterMs}), not ${String(workerLostAfterMs)}.`);
  return { stalledAfterMs, workerLostAfterMs };
}

/** Finds runs of any process that send no heartbeat, and has the store mark or end their jobs. */
export class RunSupervisor {
  readonly #deps: { readonly storeClient: StoreClient; readonly announcer: Announcer; readonly timing: Timing; readonly holder: string; readonly random: () => number };
  readonly #times: SupervisionTimes;
  readonly #clock: StoreClockWatch;
  #timer: unknown;
  /** The silent runs that the last check saw. */
  #seen: ReadonlyMap<string, Sighting> = new Map();
  #isClosed = false;

  constructor(deps: { storeClient: StoreClient; announcer: Announcer; timing: Timing; holder: string; random?: () => number }, times: SupervisionTimes) {
    this.#deps = { random: Math.random, ...deps };
    this.#times = times;
    this.#clock = new StoreClockWatch(deps.timing);
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

  /** Each process watches the store's clock, one looks for silent runs. */
  async #check(): Promise<void> {
    const seen = new Map<string, Sighting>();
    try {
      const askedAt = this.#deps.timing.monotonic();
      const storeTime = await this.#ask('clock', (store) => store.now());
      this.#clock.look(storeTime, askedAt);
      let after: UnfinishedQuery['after'];
      do {
        if (!(await this.#holdsLease())) break;
        const jobs = await this.#listSilent(after);
        await Promise.all(jobs.map((job) => this.#supervise(job, this.#see(job, seen), storeTime)));
        const last = jobs.at(-1);
        after = jobs.length < PAGE || last === undefined ? undefined : { touchedAt: last.touchedAt, jobId: last.snapshot.jobId };
      } while (after !== undefined);
    } catch {
      // Reported by the store client. While the store is away no run can send a heartbeat, so everything is observed anew.
      this.#clock.lose();
      seen.clear();
    }
    this.#seen = seen;
  }

  #listSilent(after: UnfinishedQuery['after']): Promise<readonly UnfinishedJob[]> {
    return this.#ask('silent runs', (store) => store.listUnfinished({ held: true, untouchedForMs: this.#times.stalledAfterMs, limit: PAGE, ...(after && { after }) }));
  }

  #see({ snapshot: { jobId }, run }: UnfinishedJob, seen: Map<string, Sighting>): Sighting {
    const { epoch, aliveAt } = run!;
    const before = this.#seen.get(jobId);
    const isSame = before?.epoch === epoch && before.aliveAt === aliveAt;
    const sighting = isSame ? before : { epoch, aliveAt, since: this.#deps.timing.monotonic() };
    seen.set(jobId, sighting);
    return sighting;
  }

  /** A job that cannot be decided, such as one whose row is locked, keeps no other from it. It is seen again at the next check. */
  async #supervise(job: UnfinishedJob, { epoch, aliveAt, since }: Sighting, storeTime: number): Promise<void> {
    const { timing, announcer } = this.#deps;
    const as = verdictOf(job, { storedMs: storeTime - aliveAt, seenMs: timing.monotonic() - since, steadyMs: this.#clock.steadyForMs }, this.#times);
    if (as === undefined) return;
    const options = { run: { epoch, aliveAt }, as, timestamp: isoTime(timing.now()) };
    const result = await this.#ask(`supervise ${job.snapshot.jobId}`, (store) => store.superviseRun(job.snapshot.jobId, options)).catch(() => undefined);
    if (result?.outcome === 'stalled' || result?.outcome === 'ended') announcer.announce(result.record.userId, result.record.snapshot);
  }

  #holdsLease(): Promise<boolean> {
    return this.#isClosed ? Promise.resolve(false) : this.#ask('lease', (store) => store.takeLease(LEASE, this.#deps.holder, LEASE_MS));
  }

  #ask<Answer>(name: string, question: (store: JobStore) => Promise<Answer>): Promise<Answer> {
    return this.#deps.storeClient.call(name, question);
  }
}

/** Starts supervision, unless it is switched off or the store keeps it for this process alone. */
export function superviseRuns(
  { supervision, store }: { readonly supervision?: SupervisionOptions | false | undefined; readonly store: JobStore },
  deps: { readonly storeClient: StoreClient; readonly announcer: Announcer; readonly timing: Timing },
): RunSupervisor | undefined {
  if (supervision === false || (supervision === undefined && store instanceof MemoryJobStore)) return undefined;
  return new RunSupervisor({ ...deps, holder: randomUUID() }, readSupervision(supervision ?? {}));
}
