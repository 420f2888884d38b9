import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snapshot, snapshots } from '../tests/arbitraries.js';
import { applySnapshot, compareVersions, isFinal, type AnyJobSnapshot } from './index.js';

/** What a client shows after these events, in this order. */
const view = (events: readonly AnyJobSnapshot[]): AnyJobSnapshot =>
  events.reduce<AnyJobSnapshot | undefined>(applySnapshot, undefined)!;

/** One state for each version: two different states never carry the same version, but ends may race. */
const histories = fc.uniqueArray(snapshots, { minLength: 1, maxLength: 12, selector: (s) => s.version.join() });

describe('the order of states', () => {
  it('never lets a view go back, whatever arrives in whatever order', () => {
    fc.assert(fc.property(fc.array(snapshots, { minLength: 1 }), (events) => {
      let shown: AnyJobSnapshot | undefined;
      for (const event of events) {
        const next = applySnapshot(shown, event);
        if (shown !== undefined && next !== shown) {
          const [attempt] = next.version;
          expect(compareVersions(next.version, shown.version)).toBeGreaterThanOrEqual(0);
          if (attempt === shown.version[0] && !isFinal(shown.status)) expect(next.progress).toBeGreaterThanOrEqual(shown.progress);
        }
        shown = next;
      }
    }));
  });

  it('makes every order of arrival show the same version and status in the end', () => {
    fc.assert(fc.property(
      histories.chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
      ([events, shuffled]) => {
        const { version, status } = view(events);
        expect(view(shuffled)).toMatchObject({ version, status });
      },
    ));
  });

  it('changes nothing, not even the reference, when a state arrives again', () => {
    fc.assert(fc.property(histories, (events) => {
      const shown = view(events);
      for (const event of events) expect(applySnapshot(shown, event)).toBe(shown);
    }));
  });

  it('lets a lost event in the middle change nothing once a newer one has arrived', () => {
    fc.assert(fc.property(histories, fc.nat(), (events, index) => {
      const final = view(events);
      const lost = events[index % events.length]!;
      fc.pre(lost.version.join() !== final.version.join());
      const { version, status } = view(events.filter((event) => event !== lost));
      expect({ version, status }).toEqual({ version: final.version, status: final.status });
    }));
  });

  it('replaces an end by a later attempt', () => {
    const failed = snapshot({ status: 'failed', progress: 60, version: [1, 2, 5, 9], error: { code: 'E', message: 'm', retryable: true } });
    const again = snapshot({ version: [2, 0, 6, 1], progress: 0 });
    expect(applySnapshot(failed, again)).toBe(again);
  });

  it('replaces whatever was seen by what a store says that began anew, though attempts count from 1 again', () => {
    const begun = snapshot({ version: [1, 0, 9, 1, 9], progress: 0 });
    for (const seen of [snapshot({ version: [2, 0, 7, 9, 7] }), snapshot({ status: 'completed', progress: 100, version: [2, 2, 7, 9, 7] })]) {
      expect(applySnapshot<AnyJobSnapshot>(seen, begun)).toBe(begun);
      expect(applySnapshot<AnyJobSnapshot>(begun, seen)).toBe(begun);
    }
  });

  it('follows a store that lost an end and stored another one later', () => {
    const completed = snapshot({ status: 'completed', progress: 100, version: [1, 2, 5, 9, 5] });
    const lost = snapshot({ status: 'failed', progress: 40, version: [1, 2, 8, 1, 8], error: { code: 'WORKER_LOST', message: 'm', retryable: true } });
    expect(applySnapshot<AnyJobSnapshot>(completed, lost)).toBe(lost);
    expect(applySnapshot<AnyJobSnapshot>(lost, completed)).toBe(lost);
  });

  it('lets an end beat progress of the same attempt that has a greater epoch', () => {
    const progress = snapshot({ version: [1, 0, 9, 9], progress: 80 });
    const completed = snapshot({ status: 'completed', progress: 100, version: [1, 2, 3, 1] });
    expect(applySnapshot(progress, completed)).toBe(completed);
    expect(applySnapshot(completed, progress)).toBe(completed);
  });
});

describe('what only grows', () => {
  it('keeps showing the higher percentage when a newer state of the same attempt says less', () => {
    const shown = applySnapshot(snapshot({ version: [1, 0, 2, 5], progress: 40 }), snapshot({ version: [1, 0, 3, 1], progress: 30, stage: 'SAVING' }));
    expect(shown).toMatchObject({ progress: 40, stage: 'SAVING', version: [1, 0, 3, 1] });
  });

  it('lets a new attempt begin at its own percentage', () => {
    const shown = applySnapshot(snapshot({ version: [1, 0, 2, 5], progress: 40 }), snapshot({ version: [2, 0, 3, 1], progress: 0 }));
    expect(shown.progress).toBe(0);
  });

  it('keeps a request to cancel until the job has ended', () => {
    const asked = snapshot({ version: [1, 0, 2, 5], cancelRequested: true });
    expect(applySnapshot(asked, snapshot({ version: [1, 0, 2, 6] })).cancelRequested).toBe(true);
    expect(applySnapshot(asked, snapshot({ version: [1, 2, 2, 6], status: 'cancelled' })).cancelRequested).toBeUndefined();
  });

  it('takes a request to cancel over from a state of the same version', () => {
    const shown = snapshot({ version: [1, 0, 2, 5], progress: 30 });
    const asked = snapshot({ version: [1, 0, 2, 5], progress: 30, cancelRequested: true });
    expect(applySnapshot(shown, asked)).toEqual(asked);
    expect(applySnapshot(asked, shown)).toBe(asked);
  });
});
