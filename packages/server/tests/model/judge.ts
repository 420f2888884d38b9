import { compareVersions, isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { endOf, type ModelClient } from './model-client.js';
import type { ModelStore } from './model-store.js';
import type { Witness } from './witness.js';

/** Adds the promises that can only be judged once everything has come to rest, and says which were broken. */
export function judge(witness: Witness, { standing }: ModelStore, clients: readonly ModelClient[]): ReadonlySet<string> {
  for (const { view, told } of clients) {
    if (new Set(told).size < told.length) witness.accuse('an end was told twice');
    for (const end of told.filter(isFinalEnd)) {
      const stored = witness.storedEnds.get(Number.parseInt(end, 10));
      if (stored === undefined) witness.accuse('an end was told that was never stored');
      else if (endOf(stored) !== end) witness.accuse('an end was told that does not stand');
    }
    if (standing !== undefined && isFinal(standing.status) && !told.includes(endOf(standing)!)) witness.accuse('the end that stands was not told');
    if (!isSameState(view, standing)) witness.accuse('a client shows something else than the store');
  }
  return witness.broken;
}

const isFinalEnd = (end: string): boolean => !end.endsWith('retrying');

/** What a client saw of progress and the store never got, because its reporter died in between, it keeps showing. */
function isSameState(view: AnyJobSnapshot | undefined, standing: AnyJobSnapshot | undefined): boolean {
  if (view === undefined || standing === undefined) return view === standing;
  if (isFinal(standing.status)) return view.status === standing.status && compareVersions(view.version, standing.version) === 0;
  const [attempt, rank] = standing.version;
  return view.version[0] === attempt && view.version[1] === rank && compareVersions(view.version, standing.version) >= 0 && view.progress >= standing.progress;
}
