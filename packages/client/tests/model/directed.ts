import type { History, Step } from './histories.js';

const history = (...steps: Step[]): History => [steps, 1];

/** An end, and the page that comes after it. */
const RELOADED_AFTER_AN_END: Step[] = [['complete', 0, 0], ['pass', 0, 1], ['reload', 0, 0]];

/** Played besides the random histories, which seldom do so much in this order. */
export const DIRECTED: readonly History[] = [
  history(...RELOADED_AFTER_AN_END),
  history(['track', 0, 0], ['pass', 0, 1], ['duplicateTab', 0, 0]),
  history(['openOther', 0, 0], ['track', 0, 1], ['pass', 0, 1], ['reload', 0, 0]),
  history(['track', 0, 0], ['pass', 0, 1], ['openOther', 0, 0], ['complete', 0, 0], ['pass', 0, 1], ['reload', 0, 0], ['openOther', 0, 0]),
  history(['openOther', 0, 0], ['track', 0, 1], ['pass', 0, 1], ['closeOther', 0, 0], ['duplicateTab', 0, 0], ['openOther', 0, 0]),
  history(['openOther', 0, 0], ['track', 0, 1], ['pass', 0, 1], ['reload', 0, 0], ['duplicateTab', 0, 0], ['reload', 0, 0], ['openOther', 0, 0]),
  history(['progress', 0, 50], ['track', 0, 0], ['pass', 0, 4], ['answerAs', 0, 1], ['cutSockets', 0, 0], ['pass', 0, 4], ['pass', 0, 4]),
  history(['expireToken', 0, 0], ['restart', 0, 0], ['pass', 0, 4]),
  history(['staleToken', 0, 0], ['restart', 0, 0], ['pass', 0, 4]),
  history(['progress', 0, 50], ['follow', 0, 0], ['changeUser', 0, 0], ['progress', 0, 60], ['pass', 0, 1], ['complete', 0, 0]),
  history(['changeUser', 0, 0], ['follow', 0, 0], ['progress', 0, 60], ['pass', 0, 1]),
  history(['complete', 0, 0], ['pass', 0, 1], ['changeUser', 0, 0], ['pass', 0, 1], ['changeUser', 0, 0], ['pass', 0, 1], ['reload', 0, 0]),
  history(['formerToken', 0, 0], ['restart', 0, 0], ['pass', 0, 3], ['ownToken', 0, 0], ['queue', 0, 0], ['connectClient', 0, 0], ['pass', 0, 3]),
  history(['webSockets', 2, 0], ['restart', 0, 0], ['pass', 0, 4]),
  history(['overHttp', 0, 0]),
  history(['pass', 0, 4], ['refuse', 1, 0], ['reload', 0, 0], ['pass', 0, 3]),
  history(['restart', 0, 0], ['pass', 0, 3], ['progress', 0, 30], ['pass', 0, 4], ['complete', 0, 0]),
  history(['drop', 0, 0], ['complete', 0, 0], ['pass', 0, 4]),
  history(['progress', 0, 10], ['pass', 0, 1], ['reorder', 0, 70], ['pass', 0, 1]),
];

/** Each takes a second or more. */
export const COSTLY: readonly History[] = [
  history(['endMany', 0, 0], ['restart', 0, 0], ['pass', 0, 4], ['reload', 0, 0], ['pass', 0, 4]),
];
