import type { Grammar } from '../text/grammar.js';
import { readGrammar } from '../text/read-grammar.js';
import { sentenceScore, type Score } from './choose-sentences.js';
import type { Sentence } from './read-outline.js';
import { sentencesWith, type SentencesWith } from './sentences-with.js';
import type { WordRanks } from './word-ranks.js';

/** The sentences of a document, and what can be asked about them. */
export interface Corpus {
  /** ISO 639-3; absent is taken for English. */
  readonly language: string | undefined;
  readonly sentences: readonly Sentence[];
  readonly sentencesWith: SentencesWith;
  /** How much a sentence says. */
  readonly score: Score;
  /** Read when it is asked for, once: too slow for all sentences of a book. */
  readonly grammarOf: (sentence: Sentence) => Grammar;
}

export function corpusOf(sentences: readonly Sentence[], ranks: WordRanks, language: string | undefined): Corpus {
  return {
    language,
    sentences,
    sentencesWith: sentencesWith(sentences),
    score: sentenceScore(ranks),
    grammarOf: remembered(({ text }: Sentence) => readGrammar(text, language)),
  };
}

function remembered<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}
