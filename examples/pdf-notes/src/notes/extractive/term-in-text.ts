import { hasCjk } from '../../pdf/scripts.js';
import type { Term } from './find-terms.js';

export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where a term first stands in a text, in whichever form, as a word of its own. */
export function findTerm(text: string, term: Pick<Term, 'text' | 'keys'>): Place | undefined {
  const match = patternOf(term, 'u').exec(text);
  return match === null ? undefined : { start: match.index, end: match.index + match[0].length };
}

export const mentions = (text: string, term: Pick<Term, 'text' | 'keys'>): boolean => findTerm(text, term) !== undefined;

/**
 * The text with a gap for each mention of a term. In Chinese and Japanese for the first one: the same characters may
 * stand across two other words.
 */
export const withGaps = (text: string, term: Pick<Term, 'text' | 'keys'>, gap: string): string =>
  text.replace(patternOf(term, hasCjk(term.text) ? 'u' : 'gu'), gap);

function patternOf({ text, keys }: Pick<Term, 'text' | 'keys'>, flags: string): RegExp {
  if (hasCjk(text)) return new RegExp(escape(text), flags);
  // A key is the word, but for the plural that it was freed of: `cell`, `cells`; `cavity`, `cavities`.
  const words = keys.map((key) => (key.endsWith('y') ? `${escape(key.slice(0, -1))}(?:y|ies)` : `${escape(key)}(?:e?s)?`));
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[\\s-]')}(?![\\p{L}\\p{N}])`, `${flags}i`);
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
