import { isFinal, type AnyJobSnapshot, type Subscription } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import type { Logger } from '../logger.js';
import type { JobRecord } from '../store/job-record.js';
import type { CancelResult, JobStore } from '../store/job-store.js';
import type { Timing } from '../timing.js';
import { mayCancel, mayWatch, ownedJob, type Authorize, type OwnedJob } from './authorizer.js';
import { RequestTimeout, withinRequestTime } from './request-timeout.js';
import type { Identity } from './identity.js';
import { TIMES } from './limits.js';
import type { RequestFaults } from './request-faults.js';
import { jobNotFound, tryAgain, WireFault } from './wire-fault.js';

/** Asked before a person's wish to cancel is passed on. Only `true` allows it. */
export type OnCancel<I extends Identity = Identity> = (job: OwnedJob, identity: I) => boolean | Promise<boolean>;

/** Takes the state of a job to everybody who watches it. */
export type BroadcastRecord = (record: JobRecord) => void;

/** What somebody finds behind an id. */
export type Sight =
  | { readonly kind: 'seen'; readonly record: JobRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly owner: string }
  /** `authorize` failed, or did not answer in time: nothing may be told of the job, not even whether there is one. */
  | { readonly kind: 'undecided'; readonly fault: WireFault };

/** The one answer for what does not exist and for what is not for this person. */
export const isNotThere = ({ kind }: Sight): boolean => kind === 'unknown' || kind === 'refused';

/** What somebody may see and do, decided in one place for sockets and HTTP. A job that is not his does not exist for him. */
export class JobAccess<I extends Identity> {
  readonly #store: JobStore;
  readonly #authorize: Authorize<I>;
  readonly #onCancel: OnCancel<I> | undefined;
  readonly #broadcast: BroadcastRecord;
  readonly #timing: Timing;
  readonly #logger: Logger;
  readonly #faults: RequestFaults;
  readonly #warned = new Set<string>();

  constructor(options: {
    store: JobStore;
    authorize: Authorize<I>;
    onCancel: OnCancel<I> | undefined;
    broadcast: BroadcastRecord;
    timing: Timing;
    logger: Logger;
    faults: RequestFaults;
  }) {
    this.#store = options.store;
    this.#authorize = options.authorize;
    this.#onCancel = options.onCancel;
    this.#broadcast = options.broadcast;
    this.#timing = options.timing;
    this.#logger = options.logger;
    this.#faults = options.faults;
  }

  mayWatchUser(identity: I, userId: string): Promise<boolean> {
    return this.#isAllowed(identity, { userId }, undefined);
  }

  /** @throws WireFault NOT_FOUND where there is no such job or it is not for this person; INTERNAL where nobody knows. */
  async find(identity: I, jobId: string): Promise<JobRecord> {
    const [sight] = await this.look(identity, [jobId]);
    if (sight?.kind === 'seen') return sight.record;
    throw sight?.kind === 'undecided' ? sight.fault : jobNotFound();
  }

  /**
   * In the order of the ids. What is not there and what is not for this person are told apart here, and must not be told
   * further. `authorize` is asked about both, so that its failures and its time do not tell them apart either.
   */
  async look(identity: I, jobIds: readonly string[]): Promise<readonly Sight[]> {
    if (jobIds.length === 0) return [];
    const records = await this.#store.get(jobIds);
    const sights = await Promise.all(records.map((record, index) => this.#sightOf(identity, jobIds[index]!, record)));
    for (const sight of sights) if (sight.kind === 'seen') this.#endAbandonedCancel(sight.record);
    return sights;
  }

  /**
   * Asks `authorize` again about what it allowed before. `onAnswer` is called for each as soon as it is answered, for a
   * job with the record that was asked about, which may have another owner than before. A job that the store does not
   * know is not asked about and stays allowed: there is nothing to see of it. Rejects, when all have been asked, with
   * what failed.
   */
  async askAgain<Grant extends { readonly subscription: Subscription }>(
    identity: I,
    grants: readonly Grant[],
    onAnswer: (grant: Grant, isAllowed: boolean, record: JobRecord | undefined) => unknown,
  ): Promise<void> {
    const ask = async (grant: Grant, record?: JobRecord): Promise<void> => {
      await onAnswer(grant, await this.#isAllowed(identity, grant.subscription, record, Infinity), record);
    };
    const jobIds = grants.flatMap(({ subscription }) => ('jobId' in subscription ? subscription.jobId : []));
    const reading = jobIds.length > 0 ? this.#store.get(jobIds) : Promise.resolve([]);
    const records = reading.then((found) => new Map(found.map((record) => [record?.snapshot.jobId, record])));
    await allOf(
      grants.map(async (grant) => {
        if ('userId' in grant.subscription) return ask(grant);
        const record = (await records).get(grant.subscription.jobId);
        if (record !== undefined) await ask(grant, record);
      }),
    );
  }

  /** Nobody is asked for permission. `undefined` for a job that is not known. */
  async ownerOf(jobId: string): Promise<string | undefined> {
    const [record] = await this.#store.get([jobId]);
    return record?.userId;
  }

  /** @throws WireFault NOT_FOUND for a job that this person may not watch; FORBIDDEN where `authorize` or `onCancel` denied. */
  async cancel(identity: I, jobId: string): Promise<AnyJobSnapshot> {
    const record = await this.find(identity, jobId);
    if (!(await this.#mayCancel(identity, record))) throw new WireFault('FORBIDDEN', 'You may watch this job, and not cancel it.');
    if (!isFinal(record.snapshot.status) && !(await this.#isCancelGranted(record, identity)))
      throw new WireFault('FORBIDDEN', 'This job cannot be cancelled.');
    // The id may have changed hands while this was asked.
    const cancelled = await this.cancelUnasked(jobId, record.userId);
    if (cancelled === undefined) throw jobNotFound();
    return cancelled;
  }

  /** Cancels on the server's own authority. Resolves to what stands; `undefined` for a job that is not known, or not this user's. */
  async cancelUnasked(jobId: string, userId?: string): Promise<AnyJobSnapshot | undefined> {
    const result = await this.#cancelInStore(jobId, userId);
    if (result.outcome === 'unknown') return undefined;
    if (result.outcome !== 'ended') this.#broadcast(result.record);
    return result.record.snapshot;
  }

  async #sightOf(identity: I, jobId: string, record: JobRecord | undefined): Promise<Sight> {
    try {
      const isAllowed = await this.#isAllowed(identity, { jobId }, record);
      if (record === undefined) return { kind: 'unknown' };
      return isAllowed ? { kind: 'seen', record } : { kind: 'refused', owner: record.userId };
    } catch (error) {
      return { kind: 'undecided', fault: error instanceof WireFault ? error : tryAgain(error) };
    }
  }

  #isAllowed(identity: I, subscription: Subscription, record: JobRecord | undefined, timeoutMs?: number): Promise<boolean> {
    return this.#ask('authorize', () => mayWatch(this.#authorize, identity, subscription, record), timeoutMs);
  }

  async #mayCancel(identity: I, record: JobRecord): Promise<boolean> {
    const permission = await this.#ask('authorize', () => mayCancel(this.#authorize, identity, record));
    if (permission === 'granted-without-reading-the-action') this.#warnOfUnreadAction();
    return permission === 'granted';
  }

  /** @throws WireFault INTERNAL where a callback of the application throws or does not answer in time. */
  async #ask<Answer>(name: 'authorize' | 'onCancel', ask: () => Answer | Promise<Answer>, timeoutMs: number = TIMES.callback): Promise<Answer> {
    try {
      const answer = ask();
      return await (answer instanceof Promise && timeoutMs !== Infinity ? withinRequestTime(answer, timeoutMs, this.#timing) : answer);
    } catch (cause) {
      const what = cause instanceof RequestTimeout ? `${name} did not answer within ${timeoutMs} ms` : `${name} failed`;
      this.#faults.report('HANDLER_FAILED', what, cause, 'Clients are told to try again, and keep what they watch.');
      throw tryAgain(cause);
    }
  }

  #warnOfUnreadAction(): void {
    this.#warnOnce(
      'authorize',
      'authorize allowed somebody to cancel a job of another user without reading `action`, so the cancel was denied. Return false for action "cancel", or read it and return true.',
    );
  }

  #warnOnce(option: string, message: string): void {
    if (this.#warned.has(option)) return;
    this.#warned.add(option);
    this.#logger.warn({ option }, message);
  }

  async #isCancelGranted(record: JobRecord, identity: I): Promise<boolean> {
    const onCancel = this.#onCancel;
    if (onCancel === undefined) return true;
    // A function without a return must not allow what it never decided.
    const answer: unknown = await this.#ask('onCancel', () => onCancel(ownedJob(record), identity));
    if (typeof answer !== 'boolean')
      this.#warnOnce('onCancel', `onCancel returned ${answer === null ? 'null' : typeof answer}, so the cancel was denied. Only true allows it.`);
    return answer === true;
  }

  /**
   * A run that was asked to cancel may die before it answers. Nobody waits for it with a timer, which would be gone
   * with this process: whoever sees the job later asks again, and the store ends it where no run answers. Who only
   * knows the id causes no write.
   */
  #endAbandonedCancel({ userId, snapshot }: JobRecord): void {
    if (!snapshot.cancelRequested || isFinal(snapshot.status)) return;
    const { jobId } = snapshot;
    this.#cancelInStore(jobId, userId)
      .then((result) => result.outcome === 'cancelled' && this.#broadcast(result.record))
      .catch((cause: unknown) =>
        this.#faults.report('STORE_FAILED', 'A job whose cancelling nobody has answered could not be cancelled', cause, 'It is tried again when somebody reads the job.'),
      );
  }

  #cancelInStore(jobId: string, userId: string | undefined): Promise<CancelResult> {
    const timestamp = isoTime(this.#timing.now());
    return this.#store.cancel(jobId, { silentAfterMs: TIMES.silentRun, timestamp, ...(userId !== undefined && { userId }) });
  }
}

/** Waits for all, whatever becomes of the others. Rejects with the first failure. */
async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
