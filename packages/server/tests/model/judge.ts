import { compareVersions, isFinal, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { endOf, type ModelClient } from './model-client.js';
import type { ModelStore } from './model-store.js';
import type { Rules } from './rules.js';
import type { Witness } from './witness.js';

/** Adds the promises that can only be judged once everything has come to rest, and says which were broken. */
export function judge(witness: Witness, store: ModelStore, clients: readonly ModelClient[], rules: Rules, userId: string): ReadonlySet<string> {
  const seen = (snapshot: AnyJobSnapshot): AnyJobSnapshot => (rules(9) ? snapshot : { ...snapshot, version: withTerm(snapshot.version, 0) });
  const isHidden = store.isEvicted || (store.owner !== undefined && store.owner !== userId);
  const standing = store.standing && !isHidden ? seen(store.standing) : undefined;
  for (const { view, told } of clients) {
    if (new Set(told).size < told.length) witness.accuse('an end was told twice');
    for (const end of told.filter(isFinalEnd)) if (!hasStored(witness, end, rules)) witness.accuse('an end was told that was never stored');
    if (standing !== undefined && isFinal(standing.status) && !isAhead(view, standing, witness) && !isTold(standing, told)) witness.accuse('the end that stands was not told');
    // A job that several answers in a row do not know leaves the client.
    if (!isHidden && !isSameState(view, standing) && !isAhead(view, standing, witness)) witness.accuse('a client shows something else than the store');
  }
  return witness.broken;
}

const isFinalEnd = (end: string): boolean => !end.endsWith('retrying');

const hasStored = ({ storedEnds }: Witness, end: string, rules: Rules): boolean =>
  [...storedEnds].some((stored) => stored === end || (!rules(9) && stored.split(' ').slice(1).join(' ') === end.split(' ').slice(1).join(' ')));

/** The same end that a store had lost and stored again is told once. */
const isTold = (standing: AnyJobSnapshot, told: readonly string[]): boolean =>
  told.includes(endOf(standing)!) || told.findLast(isFinalEnd)?.endsWith(` ${standing.status}`) === true;

/** A store that lost states, and in which nobody has begun anything since: what was seen of it stays. */
const isAhead = (view: AnyJobSnapshot | undefined, standing: AnyJobSnapshot | undefined, { isBehind }: Witness): boolean =>
  isBehind && view !== undefined && (standing === undefined || compareVersions(view.version, standing.version) >= 0);

/** What a client saw of progress and the store never got, because its reporter died in between, it keeps showing. */
function isSameState(view: AnyJobSnapshot | undefined, standing: AnyJobSnapshot | undefined): boolean {
  if (view === undefined || standing === undefined) return view === standing;
  if (isFinal(standing.status)) return view.status === standing.status && compareVersions(view.version, standing.version) === 0;
  const [attempt, rank] = standing.version;
  return view.version[0] === attempt && view.version[1] === rank && compareVersions(view.version, standing.version) >= 0 && view.progress >= standing.progress;
}
