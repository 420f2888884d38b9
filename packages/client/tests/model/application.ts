import { compareVersions, isFinal, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WebSocketService } from '../../src/index.js';
import type { World } from './world.js';

/** Two ends of the same status in one attempt of a job are one end. */
export const endOf = (audience: string, { jobId, status, version }: AnyJobSnapshot): string => `${audience} ${jobId} ${version[0]} ${status}`;

/** Whether a state is the same or a later one. The model makes terms of its own, see rule 1. */
const compare = (a: AnyJobSnapshot, b: AnyJobSnapshot): number => compareVersions(withTerm(a.version, 0), withTerm(b.version, 0));

/** The page of one tab, or one of several applications in it, with everything that its client told it. It outlives reloads. */
export class Application {
  readonly world: World;
  client!: WebSocketService<any>;
  /** Told so far, `audience job attempt status`, over all pages of the tab. */
  readonly told = new Set<string>();
  readonly #releases = new Map<string, () => void>();
  readonly #newest = new Map<string, AnyJobSnapshot>();
  readonly #givenUp = new Set<string>();
  /** What this application itself asked for; whatever else is tracked is another's. */
  readonly #asked = new Set<string>();
  /** It called `disconnect`, and wants no connection. */
  isAway = false;

  /** The client has been told of the guest; what it shows from then on is the guest's. */
  #isGuests = false;

  constructor(world: World, client: WebSocketService<any>) {
    this.world = world;
    this.open(client);
  }

  get followed(): readonly string[] {
    return [...this.#releases.keys()];
  }

  isFollowed(key: string): boolean {
    return this.#releases.has(key) && !this.#givenUp.has(key);
  }

  /** A page begins: the first one, or the next after a reload. */
  open(client: WebSocketService<any>): void {
    this.client = client;
    this.isAway = false;
    this.#isGuests = this.world.isGuest;
    this.#newest.clear();
    this.#releases.clear();
    this.#givenUp.clear();
    for (const audience of ['all', 'tracked'] as const) {
      const heard = (job: AnyJobSnapshot) => this.#hear(audience, job);
      client.on(
        {
          onJobCompleted: (_result, job) => heard(job as AnyJobSnapshot),
          onJobError: (_error, job) => heard(job as AnyJobSnapshot),
          onJobRetrying: (_error, job) => heard(job as AnyJobSnapshot),
          onJobCancelled: (job) => heard(job as AnyJobSnapshot),
        },
        { callbacks: audience },
      );
    }
    client.on({ onSubscriptionError: (error, subscription) => this.#giveUp('jobId' in subscription ? subscription.jobId : subscription.userId, error.code) });
    client.store.subscribe((jobs) => jobs.forEach((job) => this.#watchOrder(job as AnyJobSnapshot)));
    for (const jobId of this.world.jobIds) if (client.isTracked(jobId) && !this.#asked.has(jobId)) this.world.witness.accuse('a tab took over what another one tracked', jobId);
    void client.connect();
  }

  follow(key: string): void {
    if (this.#releases.has(key)) return;
    this.#givenUp.delete(key);
    this.#releases.set(key, this.client.subscribe(key === this.world.user ? { userId: key } : { jobId: key }));
  }

  letGo(key: string): void {
    this.#releases.get(key)?.();
    this.#releases.delete(key);
  }

  track(jobId: string): void {
    this.#asked.add(jobId);
    this.client.trackJob(jobId);
  }

  /** Another user has signed in. */
  changeUser(): void {
    for (const key of this.followed) this.letGo(key);
    this.#newest.clear();
    this.follow(this.world.user);
    this.#isGuests = this.world.isGuest;
  }

  disconnect(): void {
    this.isAway = true;
    this.client.disconnect();
  }

  connect(): void {
    this.isAway = false;
    // What was refused is asked for again.
    this.#givenUp.clear();
    void this.client.connect();
  }

  /** A handler may do anything, also what makes the same end come again, and may throw. */
  #hear(audience: string, job: AnyJobSnapshot): void {
    const { witness, user, reentrance } = this.world;
    const end = endOf(audience, job);
    if (this.told.has(end)) witness.accuse('an end was told twice', `${user}: ${end}`);
    this.told.add(end);
    if (reentrance === 'track' && this.client.isTracked(job.jobId)) this.client.trackJob(job.jobId);
    if (reentrance === 'on') this.client.on({ onJobCompleted: () => {} }, { callbacks: 'tracked' })();
    if (reentrance === 'subscribe') this.client.subscribe({ jobId: job.jobId })();
    if (reentrance === 'throw') throw new Error('A handler failed.');
  }

  #giveUp(key: string, code: string): void {
    this.#givenUp.add(key);
    const { world } = this;
    if (world.allowsForLong(key)) world.witness.accuse('what the server allows was given up', `${key} ${code}`);
  }

  #watchOrder(job: AnyJobSnapshot): void {
    const { witness } = this.world;
    if (this.#isGuests) return witness.accuse('the job of another user was shown', job.jobId);
    const before = this.#newest.get(job.jobId);
    if (before === job) return;
    this.#newest.set(job.jobId, job);
    if (!before) return;
    const order = compare(job, before);
    const isSameAttempt = job.version[0] === before.version[0];
    // Equal: it had left the table, its time being over, and a list brought it back.
    if (order === 0 && job.status === before.status) return;
    if (order < 0 || (isFinal(before.status) && isSameAttempt)) witness.accuse('a view went back', `${job.jobId} from ${before.version} to ${job.version}`);
    else if (isSameAttempt && job.progress < before.progress) witness.accuse('a view went back', `${job.jobId} from ${before.progress} % to ${job.progress} %`);
  }
}
