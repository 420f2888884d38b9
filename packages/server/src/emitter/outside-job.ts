import { RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { JobRecord, StateWrite, WriteResult } from '../store/job-store.js';
import { writeOne } from '../store/write-one.js';
import { endState, firstVersion, handedOverState, inTermOf, nextVersion, progressState, queuedState, type Ground } from './compose-state.js';
import type { EndWriter } from './end-writer.js';
import { attemptOfEnd, attemptOfProgress, attemptOfQueued } from './outside-attempt.js';
import type { AboutJob, EndReport, ProgressReport, QueuedReport } from './payload-schemas.js';
import { ProgressChannel, type ProgressPath } from './progress-channel.js';
import type { StoreContact } from './store-contact.js';

/** What reporters from outside share with the emitter they belong to. */
export interface OutsideSurroundings {
  readonly contact: StoreContact;
  readonly path: ProgressPath;
  readonly ends: EndWriter;
  readonly onError: OnError;
}

/** Others may take an epoch between ours and our write; so often it is tried again. */
const MAX_REPEATS = 3;

/** `silent`: the store has to be asked how the job stands, and for an epoch. `speaking`: what was said last under ours. */
type Voice =
  | { readonly kind: 'silent' }
  | { readonly kind: 'speaking'; readonly userId: string; snapshot: AnyJobSnapshot; readonly channel: ProgressChannel };

/** Progress on its way to a first answer of the store. What is said in the meantime takes its place. */
interface Opening {
  report: ProgressReport;
  /** It was outdated under our former epoch. */
  readonly isRepeat: boolean;
}

/** Reports on one job from outside a run (specification, section 1, rule 2). */
export class OutsideJob {
  readonly #jobId: string;
  readonly #around: OutsideSurroundings;
  #voice: Voice = { kind: 'silent' };
  /** What has to wait for the store is done one after the other, in the order in which it was said. */
  #tail: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #opening: (Opening & { readonly done: Promise<AnyJobSnapshot> }) | undefined;

  constructor(jobId: string, around: OutsideSurroundings) {
    this.#jobId = jobId;
    this.#around = around;
  }

  /** The state that stands: at once, when the store has answered for this job before. */
  progress(report: ProgressReport): AnyJobSnapshot | Promise<AnyJobSnapshot> {
    const voice = this.#voice;
    if (voice.kind === 'speaking' && this.#queued === 0 && voice.userId === report.userId) {
      const attempt = attemptOfProgress(voice.snapshot, report);
      if (attempt === voice.snapshot.version[0]) return this.#say(voice, report);
      if (attempt === undefined) return voice.snapshot;
    }
    return this.#open(report, false);
  }

  /**
   * Resolves to the state that stands, which may be another end.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE` after `giveUpAt`, `FOREIGN_JOB`
   */
  end(report: EndReport, giveUpAt: number): Promise<AnyJobSnapshot> {
    this.#opening = undefined;
    return this.#inTurn(() => this.#end(report, giveUpAt));
  }

  /**
   * Puts a job that has ended back, as the attempt that is said. Resolves to the state that stands.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE` after `giveUpAt`, `FOREIGN_JOB`
   */
  queue(report: QueuedReport & { readonly attempt: number }, giveUpAt: number): Promise<AnyJobSnapshot> {
    this.#opening = undefined;
    return this.#inTurn(() => this.#queue(report, giveUpAt));
  }

  /** Whether it knows nothing that would be missed. */
  get isIdle(): boolean {
    return this.#voice.kind === 'silent' && this.#queued === 0;
  }

  /** Sends what waits; resolves when the store has answered. */
  async flush(): Promise<void> {
    if (this.#voice.kind === 'speaking') this.#voice.channel.flush();
    await this.#tail;
  }

  #say(voice: Extract<Voice, { kind: 'speaking' }>, report: ProgressReport): AnyJobSnapshot {
    voice.snapshot = progressState(this.#ground(report, voice.snapshot), report, nextVersion(voice.snapshot.version));
    voice.channel.say(voice.snapshot);
    return voice.snapshot;
  }

  #open(report: ProgressReport, isRepeat: boolean): Promise<AnyJobSnapshot> {
    if (this.#opening !== undefined && isInPlaceOf(report, this.#opening)) {
      // Who asked for the job to be opened again, and has said more of it since, still asks.
      this.#opening.report = this.#opening.report.rerun ? { ...report, rerun: true } : report;
      return this.#opening.done;
    }
    const opening: Opening = { report, isRepeat };
    const done = this.#inTurn(() => this.#askToSpeak(opening));
    this.#opening = Object.assign(opening, { done });
    return done;
  }

  async #askToSpeak(opening: Opening): Promise<AnyJobSnapshot> {
    const isStillWanted = (): boolean => this.#opening === opening;
    const { contact } = this.#around;
    try {
      for (let round = opening.isRepeat ? 1 : 0; ; round++) {
        const { epoch, record } = await contact.insist((store) => store.takeEpoch(this.#jobId), { isStillWanted });
        const { report } = opening;
        const standing = this.#ownRecord(record, report)?.snapshot;
        const attempt = attemptOfProgress(standing, report);
        if (attempt === undefined) return this.#stand(standing!);
        if (round > 0 && standing !== undefined && report.progress <= standing.progress) return standing;

        const snapshot = progressState(this.#ground(report, standing), report, firstVersion(attempt, epoch, standing));
        const by = report.rerun ? 'rerun' : 'outside';
        const result = await contact.insist((store) => writeOne(store, writeOf(report, snapshot, by)), { isStillWanted });
        if (result!.outcome === 'stored') return this.#begin(result!.record, opening, report);
        if (result!.outcome === 'held') return this.#giveWay(result!.record.snapshot);
        if (result!.outcome === 'foreign-owner') throw this.#foreign();
        if (round === MAX_REPEATS) return this.#stand(result!.record.snapshot);
      }
    } finally {
      if (isStillWanted()) this.#opening = undefined;
    }
  }

  #begin({ snapshot, userId }: JobRecord, opening: Opening, said: ProgressReport): AnyJobSnapshot {
    this.#hush();
    const channel = new ProgressChannel(this.#around.path, { jobId: this.#jobId, userId, by: 'outside', queueJob: said.queueJob, onResult: this.#wrote });
    this.#voice = { kind: 'speaking', userId, snapshot, channel };
    channel.announce(snapshot);
    return opening.report === said ? snapshot : this.#say(this.#voice, opening.report);
  }

  async #end(report: EndReport, giveUpAt: number): Promise<AnyJobSnapshot> {
    const { contact, ends, path } = this.#around;
    const { end } = report;
    let standing = this.#saidOf(report);
    let version = standing && nextVersion(standing.version);
    const before = this.#voice;
    this.#hush();
    if (version === undefined) {
      const { epoch, record } = await contact.insist((store) => store.takeEpoch(this.#jobId), { giveUpAt }).catch((cause: unknown) => {
        const unknown = endState(this.#ground(report, undefined), end, report, [report.attempt ?? 1, RANK.going, 0, 1]);
        throw ends.giveUp(writeOf(report, unknown, 'outside'), cause);
      });
      standing = this.#ownRecord(record, report)?.snapshot;
      const attempt = attemptOfEnd(standing, report.attempt);
      if (attempt === undefined) return standing!;
      version = firstVersion(attempt, epoch, standing);
    }
    path.writer.forget(this.#jobId);
    const snapshot = endState(this.#ground(report, standing), end, report, version);
    const result = await ends.store(writeOf(report, snapshot, 'outside'), giveUpAt).catch((error: unknown) => {
      // Then what was said before it is the last that the store can know.
      if (before.kind === 'speaking') before.channel.store(before.snapshot);
      throw error;
    });
    if (result.outcome === 'foreign-owner') throw this.#foreign();
    return result.record.snapshot;
  }

  async #queue(report: QueuedReport & { readonly attempt: number }, giveUpAt: number): Promise<AnyJobSnapshot> {
    const { contact, path } = this.#around;
    this.#hush();
    const { epoch, record } = await contact.insist((store) => store.takeEpoch(this.#jobId), { giveUpAt });
    const standing = this.#ownRecord(record, report)?.snapshot;
    const attempt = attemptOfQueued(standing, report);
    if (attempt === undefined) return standing!;
    const version = firstVersion(attempt, epoch, standing);
    const ground = this.#ground(report, standing);
    const snapshot = standing?.status === 'active' ? handedOverState({ ...ground, standing }, version, report.delayedUntil) : queuedState(ground, report, version);
    const write = writeOf(report, snapshot, report.rerun ? 'rerun' : 'outside');
    const result = await contact.insist((store) => writeOne(store, write), { giveUpAt });
    if (result!.outcome === 'foreign-owner') throw this.#foreign();
    if (result!.outcome === 'stored') path.announcer.announce(report.userId, result!.record.snapshot);
    return result!.record.snapshot;
  }

  /** What was said last of the attempt that this is about, if it was under an epoch of ours. */
  #saidOf({ userId, attempt }: EndReport): AnyJobSnapshot | undefined {
    if (this.#voice.kind !== 'speaking' || this.#voice.userId !== userId) return undefined;
    return attempt === undefined || attempt === this.#voice.snapshot.version[0] ? this.#voice.snapshot : undefined;
  }

  readonly #wrote = (said: AnyJobSnapshot, result: WriteResult): void => {
    if (this.#voice.kind !== 'speaking' || this.#voice.snapshot.version[2] !== said.version[2]) return;
    if (result.outcome === 'stored') return this.#followTerm(this.#voice, result.record.snapshot);
    if (result.outcome === 'foreign-owner') {
      this.#hush();
      this.#around.onError(this.#foreign());
      return;
    }
    const { snapshot: standing } = result.record;
    if (result.outcome !== 'outdated') {
      this.#giveWay(standing);
    } else if (standing.version[0] > said.version[0] || standing.version[1] > RANK.going) {
      this.#hush();
    } else if (this.#voice.snapshot.progress > standing.progress) {
      this.#repeat(this.#voice);
    }
  };

  /** A store that forgot the job has had a later term of it meanwhile: what was said last is seen only in that. */
  #followTerm(voice: Extract<Voice, { kind: 'speaking' }>, stored: AnyJobSnapshot): void {
    const snapshot = inTermOf(voice.snapshot, stored);
    if (snapshot === voice.snapshot) return;
    voice.snapshot = snapshot;
    voice.channel.announce(snapshot);
  }

  /** Somebody else has spoken since, and we know of more: it is said again under a new epoch. */
  #repeat({ userId, snapshot }: Extract<Voice, { kind: 'speaking' }>): void {
    const { type, stage, progress, message, metadata, version, timestamp } = snapshot;
    const report: ProgressReport = { jobId: this.#jobId, userId, type, stage, progress, message, metadata, attempt: version[0], timestamp };
    this.#open(report, true).catch(this.#around.onError);
  }

  /** Progress from outside never disturbs a run. */
  #giveWay(standing: AnyJobSnapshot): AnyJobSnapshot {
    const message = `Progress of job ${this.#jobId} from outside its run was dropped: report with the handle that run gives to its function.`;
    this.#around.onError(new JobEventsServerError('HELD_BY_RUN', message, { jobId: this.#jobId }));
    return this.#stand(standing);
  }

  #stand(standing: AnyJobSnapshot): AnyJobSnapshot {
    this.#hush();
    return standing;
  }

  /** What was said last goes out; of what stands, the store is asked again. */
  #hush(): void {
    if (this.#voice.kind === 'speaking') this.#voice.channel.flush();
    this.#voice = { kind: 'silent' };
  }

  #ownRecord(record: JobRecord | undefined, { userId }: AboutJob): JobRecord | undefined {
    if (record !== undefined && record.userId !== userId) throw this.#foreign();
    return record;
  }

  #foreign(): JobEventsServerError {
    return new JobEventsServerError('FOREIGN_JOB', `Job ${this.#jobId} belongs to another user.`, { jobId: this.#jobId });
  }

  #ground({ type, timestamp }: AboutJob & { readonly timestamp?: string | undefined }, standing: AnyJobSnapshot | undefined): Ground {
    const said = timestamp === undefined ? isoTime(this.#around.path.timing.now()) : new Date(timestamp).toISOString();
    return { jobId: this.#jobId, type, standing, timestamp: said };
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.#queued++;
    const done = this.#tail.then(task).finally(() => this.#queued--);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

const writeOf = ({ userId, queueJob }: AboutJob, snapshot: AnyJobSnapshot, by: StateWrite['by']): StateWrite =>
  ({ userId, snapshot, by, ...(queueJob && { queueJob }) });

const isInPlaceOf = ({ attempt, userId }: ProgressReport, { report, isRepeat }: Opening): boolean =>
  userId === report.userId && (attempt === report.attempt || (isRepeat && attempt === undefined));
