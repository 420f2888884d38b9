import nlp from 'compromise/two';
import type { Grammar, SentenceKind } from './grammar.js';

interface Term {
  readonly text: string;
  readonly tags: readonly string[];
  readonly offset: { readonly start: number; readonly length: number };
}

/** Opens a clause that is a part of another one, and takes the next verb for itself. */
const OPENS_CLAUSE = /^(?:which|who|whose|whom|where|if|when|whenever|because|although|though|while|since|unless|until|after|before|as|whether|so)$/i;
/** `Returns the length of a string.` lacks the one who does so. */
const WITHOUT_SUBJECT = /^\p{Lu}\p{L}+s\s+(?:the|an?|all|its|their|if|whether|that|true|false)\b/u;

/** Reads an English sentence by its parts of speech. It takes about half a millisecond. */
export function readEnglish(sentence: string): Grammar {
  const terms = termsOf(sentence);
  return {
    kind: kindOf(sentence, terms),
    isName: (start, end) => {
      const within = terms.filter(({ offset }) => offset.start < end && offset.start + offset.length > start);
      const [first, last] = [within[0], within.at(-1)];
      if (first === undefined || last === undefined) return false;
      return (is(last, 'Noun') || is(last, 'Gerund')) && !is(last, 'Pronoun') && (first === last || !is(first, 'Verb') || is(first, 'Gerund') || is(first, 'PastTense'));
    },
  };
}

function kindOf(sentence: string, terms: readonly Term[]): SentenceKind {
  const [first] = terms;
  if (first === undefined || WITHOUT_SUBJECT.test(sentence)) return 'fragment';
  if (is(first, 'Imperative') || is(first, 'Infinitive')) return 'command';
  return hasMainVerb(terms) ? 'statement' : 'fragment';
}

function hasMainVerb(terms: readonly Term[]): boolean {
  let inClause = false;
  for (const [index, term] of terms.entries()) {
    const before = terms[index - 1];
    const after = terms[index + 1];
    if (OPENS_CLAUSE.test(term.text) || (/^that$/i.test(term.text) && before !== undefined && is(before, 'Noun'))) inClause = true;
    else if (isFinite(term, before, after)) {
      if (!inClause) return true;
      // "can be done", "has been": one verb of several words.
      if (after === undefined || !is(after, 'Verb') || !is(term, 'Auxiliary')) inClause = false;
    }
  }
  return false;
}

function isFinite(term: Term, before: Term | undefined, after: Term | undefined): boolean {
  if (!is(term, 'Verb') || is(term, 'Gerund') || is(term, 'Participle')) return false;
  if (before !== undefined && /^to$/i.test(before.text)) return false;
  // "The data collected by the device", "a list of enhanced tools": no verb yet.
  if (is(term, 'PastTense')) return before !== undefined && (is(before, 'Noun') || is(before, 'Adverb')) && (after === undefined || !/^(?:by|to|with|for|in|from|on|as|at)$/i.test(after.text));
  // "the sets" are things, "that sets" does something.
  return before === undefined || !is(before, 'Determiner') || /^that$/i.test(before.text);
}

const is = ({ tags }: Term, tag: string) => tags.includes(tag);

function termsOf(sentence: string): Term[] {
  const parsed = nlp(sentence).json({ offset: true }) as { readonly terms: readonly Term[] }[];
  return parsed.flatMap(({ terms }) => terms);
}
