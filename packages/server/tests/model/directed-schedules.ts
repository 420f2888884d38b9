import type { Step } from './schedules.js';

/** Somebody else ends the attempt of a run that has not heard yet that it has begun, and begins the next. */
const ENDED_BEFORE_ITS_CLAIM_IS_ANSWERED: readonly Step[] = [
  ['finishOutside', 0, 44], ['loseAnswer', 0, 0], ['take', 0, 0], ['finish', 0, 0], ['storeEndOutside', 0, 0], ['reportOutside', 0, 0], ['announce', 0, 0],
];

/**
 * Two reporters by turns. What the second says under its older epoch is stored while the first's newer one is only cached;
 * its answer is lost, and so is its process. The first one's version would then name two percentages.
 */
const NEWER_EPOCH_ONLY_CACHED: readonly Step[] = [
  ['reportOutside', 0, 8], ['reportOutside', 1, 16], ['reportOutside', 0, 60], ['writeOutside', 0, 0], ['reportOutside', 1, 70],
  ['loseAnswer', 0, 0], ['writeOutside', 1, 0], ['crashOutside', 1, 0], ['stepClock', 1, 0],
];

/** The second reporter does not see what the cache has of the first one, which believes it stored. */
const CACHED_PROGRESS_OVERTAKEN: readonly Step[] = [
  ['reportOutside', 0, 8], ['reportOutside', 0, 60], ['writeOutside', 0, 0], ['cacheMisses', 0, 0], ['reportOutside', 1, 16], ['cacheHears', 0, 0],
];

/** An end is prepared, a run begins, the store loses both, and then the end is stored. */
const PREPARED_BEFORE_A_LOSS: readonly Step[] = [
  ['finishOutside', 0, 0], ['take', 0, 0], ['crash', 0, 0], ['wipe', 0, 0], ['storeEndOutside', 0, 0],
];

/** Its worker does not know that it has begun, and its function ends. */
const ENDED_UNHEARD: readonly Step[] = [['loseAnswer', 0, 0], ['take', 0, 0], ['finish', 0, 0], ['announce', 0, 0]];

/** The queue has done its job, and the store forgets it; then it is announced, late. */
const DONE_AND_WIPED: readonly Step[] = [['nameQueue', 0, 0], ['take', 0, 0], ['finish', 0, 0], ['expire', 0, 0], ['wipe', 0, 0], ['announce', 0, 0]];

/** A run that is cut off for long is taken for lost, and its function ends after all. */
const ENDED_AFTER_WORKER_LOST: readonly Step[] = [['take', 0, 0], ['cutOff', 0, 0], ['pass', 0, 100], ['pass', 0, 30], ['finish', 0, 0]];

/** The same, and the run hears of it before its function ends. */
const ENDED_AFTER_HEARING_OF_IT: readonly Step[] = [...ENDED_AFTER_WORKER_LOST.slice(0, -1), ['joinAgain', 0, 0], ['heartbeat', 0, 0], ['finish', 0, 0]];

/** A run is cut off for a while, and then the store is away: its silence is not the run's. */
const SILENT_THROUGH_AN_OUTAGE: readonly Step[] = [
  ['take', 0, 0], ['cutOff', 0, 0], ['pass', 0, 27], ['lookForSilent', 0, 0], ['storeLeaves', 0, 0], ['joinAgain', 0, 0],
  ['pass', 0, 40], ['storeReturns', 0, 0], ['lookForSilent', 0, 0], ['endSilent', 0, 0],
];

/** The heartbeat of a run that was asked to cancel arrives between what the supervisor sees and what it writes. */
const BACK_BEFORE_IT_IS_ENDED: readonly Step[] = [
  ['take', 0, 0], ['cancel', 0, 0], ['cutOff', 0, 0], ['pass', 0, 27], ['lookForSilent', 0, 0], ['pass', 0, 25],
  ['lookForSilent', 0, 0], ['joinAgain', 0, 0], ['heartbeat', 0, 0], ['endSilent', 0, 0],
];

/** A store that comes back as it was long ago shows old heartbeats of a run that lives. */
const RESTORED_UNDER_A_LIVING_RUN: readonly Step[] = [['take', 0, 0], ['backUp', 0, 0], ['lookForSilent', 0, 0], ['pass', 0, 95], ['goBack', 0, 0], ['pass', 0, 20]];

/** A job is removed while it waits, and another one is added under its id. */
const GIVEN_AGAIN: readonly Step[] = [
  ['nameQueue', 0, 0], ['announce', 0, 0], ['replaceInQueue', 0, 0], ['readRemoved', 0, 0], ['cancelRemoved', 0, 0], ['take', 0, 0], ['finish', 0, 0],
];

/** The same, and the other one has begun before the first is ended. */
const BEGUN_BEFORE_THE_REMOVAL_IS_TOLD: readonly Step[] = [
  ['nameQueue', 0, 0], ['announce', 0, 0], ['replaceInQueue', 0, 0], ['readRemoved', 0, 0], ['take', 0, 0], ['cancelRemoved', 0, 0], ['finish', 0, 0],
];

/** A job is found, removed while it waits, and the next one of its id is done and removed before anybody looks. */
const GONE_UNDER_THE_SAME_ID: readonly Step[] = [
  ['nameQueue', 1, 0], ['announce', 0, 0], ['hearQueue', 0, 0], ['replaceInQueue', 0, 0], ['doUnreported', 0, 0], ['removeOrAdd', 0, 0],
  ['hearQueue', 0, 1], ['hearQueue', 0, 2], ['hearQueue', 0, 2], ['hearQueue', 0, 2],
];

/** A job is done and removed, and its end is heard when the next one of its id is the one that was found. */
const FOUND_AFTER_THE_NEXT_WAS_ADDED: readonly Step[] = [
  ['nameQueue', 1, 0], ['announce', 0, 0], ['hearQueue', 0, 1], ['doUnreported', 0, 0], ['removeOrAdd', 0, 0], ['removeOrAdd', 0, 0],
  ['hearQueue', 0, 2], ['doUnreported', 0, 0], ['removeOrAdd', 0, 0], ['hearQueue', 0, 1], ['hearQueue', 0, 2], ['hearQueue', 0, 2],
];

/** The second of three jobs of an id is found, and then the third, before the end of the first is heard. */
const FOUND_BETWEEN_TWO_OTHERS: readonly Step[] = [
  ['nameQueue', 1, 0], ['doUnreported', 0, 0], ['expire', 0, 0], ['retryByHand', 0, 0], ['replaceInQueue', 0, 0], ['hearQueue', 0, 2], ['replaceInQueue', 0, 0],
];

/** Played besides the random schedules, which seldom do so much in this order. */
export const DIRECTED: readonly (readonly Step[])[] = [
  ENDED_BEFORE_ITS_CLAIM_IS_ANSWERED, NEWER_EPOCH_ONLY_CACHED, CACHED_PROGRESS_OVERTAKEN, PREPARED_BEFORE_A_LOSS,
  ENDED_UNHEARD, DONE_AND_WIPED, SILENT_THROUGH_AN_OUTAGE, ENDED_AFTER_WORKER_LOST, ENDED_AFTER_HEARING_OF_IT, BACK_BEFORE_IT_IS_ENDED, RESTORED_UNDER_A_LIVING_RUN,
  GIVEN_AGAIN, BEGUN_BEFORE_THE_REMOVAL_IS_TOLD, GONE_UNDER_THE_SAME_ID, FOUND_AFTER_THE_NEXT_WAS_ADDED, FOUND_BETWEEN_TWO_OTHERS,
];
