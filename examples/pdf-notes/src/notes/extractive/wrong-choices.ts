import type { Term } from './find-terms.js';

const COUNT = 3;

interface Gap {
  /** The right choice, as it stands in the sentence. */
  readonly answer: string;
  /** The sentence up to the gap. */
  readonly before: string;
  /** What may be chosen from, the most important first. */
  readonly terms: readonly Term[];
}

/**
 * Choices that look like the right one, so that the right one has to be known: as many words, one or several of the
 * thing, a name that fits the article in front of it, about as important.
 */
export function wrongChoices(term: Term, { answer, before, terms }: Gap): string[] {
  const rank = terms.indexOf(term);
  const article = /\b(an?)\s+['"“‘]?$/i.exec(before)?.[1]?.toLowerCase();
  const candidates = terms
    .filter((other) => other !== term && !other.keys.some((key) => term.keys.includes(key)))
    .map((other) => {
      const choice = likeAnswer(formOf(other, answer), answer);
      const differences =
        Math.abs(other.keys.length - term.keys.length) * 4 +
        (isPlural(choice) === isPlural(answer) ? 0 : 6) +
        (article === undefined || fits(choice, article) ? 0 : 12) +
        (isName(choice, other) === isName(answer, term) ? 0 : 5) +
        Math.abs(terms.indexOf(other) - rank) * 0.5;
      return { choice, differences };
    })
    .sort((a, b) => a.differences - b.differences)
    .map(({ choice }) => choice);
  return [...new Set(candidates)].slice(0, COUNT);
}

/** The form in which the document writes a term that comes nearest to the answer. */
const formOf = ({ text, forms }: Term, answer: string): string => [text, ...forms].find((form) => isPlural(form) === isPlural(answer)) ?? text;

const isPlural = (text: string) => /[^suiSUI]s$/.test(text);
const fits = (choice: string, article: string) => /^[aeiou]/i.test(choice) === (article === 'an');
/** Written with a capital within sentences. */
const isName = (choice: string, { text }: Term) => /^\p{Lu}/u.test(text) && /^\p{Lu}/u.test(choice);

/** A gap at the beginning of a sentence is not given away by the only choice with a capital. */
const likeAnswer = (choice: string, answer: string) => (/^\p{Lu}/u.test(answer) ? choice.slice(0, 1).toUpperCase() + choice.slice(1) : choice);
