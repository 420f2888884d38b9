import { hasCjk } from '../../pdf/scripts.js';
import type { Term } from './find-terms.js';

export interface Place {
  readonly start: number;
  readonly end: number;
}

type Named = Pick<Term, 'text' | 'keys'>;

/** Where a term first stands in a text, in whichever form, as a word of its own. */
export function findTerm(text: string, term: Named): Place | undefined {
  const match = patternOf(term).exec(text);
  return match === null ? undefined : { start: match.index, end: match.index + match[0].length };
}

export const mentions = (text: string, term: Named): boolean => findTerm(text, term) !== undefined;

/**
 * The text with a gap for each mention of a term. In Chinese and Japanese for the first one: the same characters may
 * stand across two other words.
 */
export function withGaps(text: string, term: Named, gap: string): string {
  const pattern = patternOf(term);
  return hasCjk(term.text) ? text.replace(pattern, gap) : text.replaceAll(new RegExp(pattern, `${pattern.flags}g`), gap);
}

/** A term is looked for in thousands of sentences. */
const patterns = new WeakMap<Named, RegExp>();

function patternOf(term: Named): RegExp {
  const known = patterns.get(term);
  if (known !== undefined) return known;
  const pattern = newPattern(term);
  patterns.set(term, pattern);
  return pattern;
}

function newPattern({ text, keys }: Named): RegExp {
  if (hasCjk(text)) return new RegExp(escape(text), 'u');
  // A key is the word, but for the plural that it was freed of: `cell`, `cells`; `cavity`, `cavities`.
  const words = keys.map((key) => (key.endsWith('y') ? `${escape(key.slice(0, -1))}(?:y|ies)` : `${escape(key)}(?:e?s)?`));
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[\\s-]')}(?![\\p{L}\\p{N}])`, 'iu');
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
