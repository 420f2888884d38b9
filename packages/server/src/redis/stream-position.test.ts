import { describe, expect, it } from 'vitest';
import { resumePosition } from './stream-position.js';

describe('resumePosition', () => {
  it('reads on after the last entry while the stream goes on', () => {
    expect(resumePosition('900000-3', '900000-2', '800000-0')).toBe('900000-2');
    expect(resumePosition('900000-2', '900000-2', '800000-0')).toBe('900000-2');
  });

  it('never goes back behind the start of the reader', () => {
    expect(resumePosition('850000-0', '900000-2', '800000-7')).toBe('800000-7');
  });

  it('goes back by as much as clocks differ, and no further', () => {
    expect(resumePosition('890000-0', '900000-2', '5-0')).toBe('600000-0');
  });

  it('announces nothing of a replica that is so far behind that it lacks the start', () => {
    expect(resumePosition('700000-0', '900000-2', '800000-0')).toBe('700000-0');
  });

  it('reads everything of a stream that has begun anew', () => {
    expect(resumePosition('0-0', '900000-2', '800000-0')).toBe('0-0');
  });
});
