import { AddedIds } from '../../src/bullmq/added-ids.js';
import { isAddedSince, isEventOf, isSure } from '../../src/bullmq/followed-jobs.js';
import { HEARD_WITHIN_MS } from '../../src/bullmq/queue-follower.js';
import { endState, firstVersion } from '../../src/emitter/compose-state.js';
import { attemptOfEnd } from '../../src/emitter/direct-attempt.js';
import type { End } from '../../src/emitter/payload-schemas.js';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import { JOB, stamp } from './model-job.js';
import type { QueueEvent } from './model-queue.js';
import { unlessAway } from './model-store.js';
import type { World } from './world.js';

const ID = '1';

/** Which job was found in the queue, when, and what was heard before that. */
interface Followed {
  readonly given: number;
  readonly foundAt: number;
  added: number | undefined;
  isDoubtful: boolean;
}

/**
 * What `bridgeQueueEvents` does: it hears what the queue tells of an id, looks at the job that has the id then, and reports
 * the end of one that is gone from what it heard. What the queue has told is received before time passes.
 */
export class ModelBridge {
  readonly #ids = new AddedIds();
  /** Received and not handled, each with the last `added` as it came. */
  readonly #heard: (QueueEvent & { readonly added: number | undefined })[] = [];
  #received = 0;
  #followed: Followed | undefined;
  #isOpen = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Of a queue that reporters name. */
  open(): void {
    this.#isOpen = true;
  }

  /** All that the queue has told, as a read of its stream does. */
  receive(): void {
    const { events } = this.#world.queue;
    for (const event of events.slice(this.#received)) {
      if (event.kind === 'added') {
        this.#ids.hear(ID);
        if (this.#followed !== undefined && this.#world.passed - this.#followed.foundAt < HEARD_WITHIN_MS) this.#followed.isDoubtful = true;
      }
      this.#heard.push({ ...event, added: this.#ids.of(ID) });
    }
    this.#received = events.length;
  }

  look(): void {
    const { found } = this.#world.queue;
    if (found === undefined || !this.#isOpen) return;
    const added = this.#ids.of(ID);
    if (this.#followed?.given === found.given) Object.assign(this.#followed, { added, isDoubtful: false });
    else this.#followed = { given: found.given, foundAt: this.#world.passed, added, isDoubtful: false };
    if (found.end !== undefined) this.#end(found.given, found.given, found.end);
  }

  /** @throws StoreAway */
  handle(): void {
    const [event] = this.#heard;
    if (event === undefined || !this.#isOpen) return;
    if (event.kind === 'added') this.#handleAdded(event.added!);
    else this.#handleEnd(event);
    this.#heard.shift();
  }

  #handleAdded(added: number): void {
    this.look();
    const isGone = this.#world.queue.found === undefined;
    if (isGone && this.#world.rules(22) && (this.#followed?.added ?? 0) < added) this.#followed = undefined;
  }

  #handleEnd({ given, end, added }: QueueEvent & { readonly kind: 'ended'; readonly added: number | undefined }): void {
    const { queue, rules } = this.#world;
    const known = this.#followed !== undefined && (!rules(22) || isEventOf(this.#followed, added)) ? this.#followed : undefined;
    const { found } = queue;
    // What the queue told before its answer has been received with it.
    this.receive();
    if (found !== undefined && (known === undefined || found.given === known.given)) return this.look();
    if (known === undefined || (rules(22) && !isSure(known, this.#ids, ID, found !== undefined))) return;
    this.#end(known.given, given, end);
  }

  /** `followed`: of which job it is reported. `given`: which one has ended. */
  #end(followed: number, given: number, end: End): void {
    const { store, now, witness, rules } = this.#world;
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const current = record?.userId === JOB.userId ? record.snapshot : undefined;
    const attempt = attemptOfEnd(current, undefined);
    const queueJob = { ...this.#world.queueJob!.queueJob, createdAt: rules(21) ? followed : 1 };
    if (attempt !== undefined) {
      const snapshot = endState({ ...JOB, current, timestamp: stamp(now) }, end, {}, firstVersion(attempt, epoch, current));
      const result = store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'outside', queueJob }, now), now);
      if (result.outcome === 'stored') {
        if (end.status === 'cancelled') witness.cancelledQueueJob = given;
        if (followed !== given) witness.accuse('an end was told of another job of its id');
        this.#world.broadcast(result.record.snapshot);
      }
    }
    if (this.#followed?.given === followed && !isAddedSince(this.#ids, ID, this.#followed)) this.#followed = undefined;
  }

  /** What it has heard of it handles. */
  settle(): void {
    this.receive();
    while (this.#heard.length > 0 && this.#isOpen) unlessAway(() => this.handle());
  }
}
