import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { createFakeJobServer } from '../../src/testing/fake-job-server.js';
import type { FakeHttpAnswer, FakeWebSockets } from '../../src/testing/fake-proxy.js';
import type { FakeJobServer } from '../../src/testing/fake-job-server-script.js';
import type { Duration } from '../../src/testing/virtual-clock.js';
import { Application } from './application.js';
import { breakRules } from './break-rules.js';
import type { Rules } from './rules.js';
import { settle } from './settle.js';
import { Witness } from './witness.js';

const USER = 'user-1';
/** Who sometimes signs in at the same page, and has no jobs. */
const GUEST = 'user-2';
const JOBS = ['a', 'b', 'c'] as const;
const SPANS: readonly Duration[] = ['100ms', '1s', '3s', '10s', '1m'];
const NAPS: readonly Duration[] = ['5s', '1m', '20m'];
const DELAYS: readonly Duration[] = [0, '200ms', '2s'];
const HTTP: readonly FakeHttpAnswer[] = ['html', 'not-found', 'bad-gateway', 'other-json', 'sign-in'];
const WEB_SOCKETS: readonly FakeWebSockets[] = ['open', 'refused', 'swallowed'];
const REENTRANCE = ['track', 'on', 'subscribe', 'throw', 'none'] as const;
/** More than a tab remembers the ends of. */
const MANY = 2_100;
/** So long what was asked before a change may still come. */
const SETTLED_MS = 20_000;

/**
 * A server with three jobs of one user, the network and its proxies, and a tab with its application; sometimes a copy of
 * the tab, or an application of another server in it. A history says what happens next, faults included.
 */
export class World {
  readonly server: FakeJobServer;
  readonly witness = new Witness();
  readonly jobIds: readonly string[] = JOBS;
  /** The application of the tab that is looked at comes first. */
  readonly applications: Application[] = [];
  user = USER;
  reentrance: (typeof REENTRANCE)[number] = 'track';
  /** So many jobs have ended that a client keeps only some of them. */
  hasMany = false;
  /** The application of another server in the tab that is looked at. */
  #other: Application | undefined;
  #isTokenStale = false;
  /** `auth` still gives the token of who was signed in before. */
  #isTokenFormer = false;
  #changedUserAt = -Infinity;
  #extra = 0;

  constructor(rules: Rules, seed: number) {
    let state = seed;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const adapt = breakRules(rules);
    this.server = createFakeJobServer({ random }, ({ options, environment }) => {
      const { auth } = options;
      return adapt({ options: { ...options, auth: () => (this.#isTokenStale ? 'stale' : this.#isTokenFormer ? `${GUEST}#1` : auth?.()) }, environment });
    });
    this.applications.push(new Application(this, this.server.client));
    this.page.follow(USER);
  }

  get page(): Application {
    return this.applications[0]!;
  }

  get isGuest(): boolean {
    return this.user === GUEST;
  }

  /** Whether this user, or this job of the user's, has been there for long enough that every answer must know it. */
  allowsForLong(key: string): boolean {
    const createdAt = key === this.user ? 0 : Date.parse(this.server.job(key)?.createdAt ?? '');
    return !this.isGuest && !this.#isTokenFormer && this.server.clock.now() - Math.max(this.#changedUserAt, createdAt) > SETTLED_MS;
  }

  /** What can happen. `which` and `amount` choose a job, an application, a time. */
  readonly steps = {
    queue: (which: number) => this.server.queue(this.#job(which)),
    progress: (which: number, amount: number) => this.server.progress({ ...this.#job(which), stage: 'SAVING', progress: amount }),
    complete: (which: number) => this.server.complete({ ...this.#job(which), result: 1 }),
    fail: (which: number) => this.server.fail(this.#job(which)),
    retry: (which: number) => this.server.fail({ ...this.#job(which), willRetry: true }),
    cancel: (which: number) => this.server.cancel(this.#job(which)),
    beginAgain: (which: number) => this.#beginAgain(this.#job(which).jobId),
    track: (which: number, amount: number) => this.#any(amount).track(this.#job(which).jobId),
    untrack: (which: number, amount: number) => this.#any(amount).client.untrackJob(this.#job(which).jobId),
    follow: (which: number, amount: number) => this.#any(amount).follow(which === 3 ? this.user : this.#job(which).jobId),
    letGo: (which: number, amount: number) => this.#any(amount).letGo(which === 3 ? this.user : this.#job(which).jobId),
    changeUser: () => this.#changeUser(),
    reload: () => this.#reload(),
    reloadAndTrack: (which: number) => this.#reload(this.#job(which).jobId),
    duplicateTab: () => this.#duplicateTab(),
    openOther: () => this.#openOther(),
    closeOther: () => this.#closeOther()?.client.close(),
    chooseHandler: (_: number, amount: number) => void (this.reentrance = pick(REENTRANCE, amount)),
    refuse: (which: number) => this.server.refuseNext({ code: which % 2 ? 'INTERNAL' : 'RATE_LIMITED', message: 'Later.' }, { retryAfter: which }),
    disconnectClient: (_: number, amount: number) => this.#any(amount).disconnect(),
    connectClient: (_: number, amount: number) => this.#any(amount).connect(),
    drop: (which: number) => this.server.drop(which + 1),
    duplicate: (which: number) => this.server.duplicate(which + 1),
    reorder: (which: number, amount: number) => {
      this.server.reorder(2);
      for (const progress of [amount / 2, amount]) this.server.progress({ ...this.#job(which), stage: 'SAVING', progress });
    },
    delay: (which: number) => this.server.delay(pick(DELAYS, which)),
    cutSockets: () => this.server.disconnect(),
    cutAll: () => this.server.disconnect({ http: true }),
    reconnect: () => this.server.reconnect(),
    blackHole: () => this.server.blackHole(),
    restart: () => this.server.restartServer(),
    expireToken: () => this.server.expireToken(),
    staleToken: () => void (this.#isTokenStale = true),
    formerToken: () => void (this.#isTokenFormer = true),
    ownToken: () => this.#useOwnToken(),
    freshToken: () => void (this.#isTokenStale = false),
    answerAs: (_: number, amount: number) => this.server.proxy({ http: pick(HTTP, amount) }),
    answerItself: () => this.server.proxy({ http: 'server' }),
    webSockets: (which: number) => this.server.proxy({ webSockets: pick(WEB_SOCKETS, which) }),
    sleep: (which: number) => this.server.sleepTab(pick(NAPS, which)),
    wake: () => this.server.wake(),
    pass: (_: number, amount: number) => this.server.advance(pick(SPANS, amount)),
    overHttp: () => this.#overHttp(),
    endMany: () => this.#endMany(),
    settle: () => settle(this),
  };

  async step(name: keyof World['steps'], which: number, amount: number): Promise<void> {
    await this.steps[name](which, amount);
    await this.server.advance(0);
  }

  heal(): void {
    this.#isTokenStale = false;
    this.#useOwnToken();
    this.server.reconnect();
    this.server.delay(0);
    this.server.proxy({ http: 'server' });
  }

  close(): void {
    this.server.close();
  }

  #useOwnToken(): void {
    if (this.#isTokenFormer) this.#changedUserAt = this.server.clock.now();
    this.#isTokenFormer = false;
  }

  #job(which: number): { readonly jobId: string; readonly userId: string } {
    return { jobId: pick(JOBS, which), userId: USER };
  }

  #any(amount: number): Application {
    return pick(this.applications, amount);
  }

  #beginAgain(jobId: string): void {
    const before: AnyJobSnapshot | undefined = this.server.job(jobId);
    this.server.progress({ jobId, userId: USER, attempt: (before?.version[0] ?? 0) + 1, stage: 'SAVING', progress: 0 });
  }

  #changeUser(): void {
    this.user = this.isGuest ? USER : GUEST;
    this.#changedUserAt = this.server.clock.now();
    this.server.signIn(this.user);
    for (const application of this.applications) application.changeUser();
  }

  /** `tracked`: before anything is known of a user, as where a page tracks what it has just begun. */
  #reload(tracked?: string): void {
    const followed = this.page.followed;
    this.#closeOther();
    this.page.open(this.server.reloadTab());
    if (tracked !== undefined) this.page.track(tracked);
    for (const key of tracked === undefined ? followed : [this.user]) this.page.follow(key);
  }

  /** The original goes on beside its copy. */
  #duplicateTab(): void {
    if (this.applications.length > 2) return;
    this.#other = undefined;
    this.applications.unshift(new Application(this, this.server.duplicateTab()));
    this.page.follow(this.user);
  }

  #openOther(): void {
    if (this.applications.includes(this.#other!)) return;
    const client = this.server.anotherClient({ statusUrl: '/other/api/jobs' });
    if (this.#other) this.#other.open(client);
    else this.#other = new Application(this, client);
    this.#other.follow(this.user);
    this.applications.push(this.#other);
  }

  #closeOther(): Application | undefined {
    const index = this.applications.indexOf(this.#other!);
    return index > 0 ? this.applications.splice(index, 1)[0] : undefined;
  }

  /** Only HTTP is left; a job that nobody has seen yet begins. */
  async #overHttp(): Promise<void> {
    const { server, page } = this;
    if (this.isGuest || page.isAway || !page.isFollowed(USER)) return;
    this.heal();
    server.disconnect();
    server.wake();
    await server.advance('45s');
    const jobId = `extra-${++this.#extra}`;
    server.progress({ jobId, userId: USER, stage: 'SAVING', progress: 1 });
    await server.advance('12s');
    if (!page.client.getJob(jobId)) this.witness.accuse('over HTTP a job was not seen in time', jobId);
    server.complete({ jobId, userId: USER });
  }

  /** More ends than a tab remembers, all of which the client learns from the list. Costly: only in histories that are written down. */
  async #endMany(): Promise<void> {
    this.hasMany = true;
    this.server.disconnect({ http: true });
    for (let i = 0; i < MANY; i++) this.server.complete({ jobId: `many-${i}`, userId: USER });
    this.server.reconnect();
    await this.server.advance('1m');
  }
}

const pick = <Value>(values: readonly Value[], which: number): Value => values[which % values.length]!;
