import type { Sentence } from './read-outline.js';

/** The sentences that have all of the given words, in the order of the document. */
export type SentencesWith = (keys: readonly string[]) => readonly Sentence[];

/** An index: a long book has tens of thousands of sentences and is asked for hundreds of terms. */
export function sentencesWith(sentences: readonly Sentence[]): SentencesWith {
  const byKey = new Map<string, Sentence[]>();
  for (const sentence of sentences)
    for (const key of sentence.keys) {
      const found = byKey.get(key);
      if (found === undefined) byKey.set(key, [sentence]);
      else found.push(sentence);
    }
  return (keys) => {
    const [rarest = [], ...others] = keys.map((key) => byKey.get(key) ?? []).sort((a, b) => a.length - b.length);
    return others.length === 0 ? rarest : rarest.filter((sentence) => keys.every((key) => sentence.keys.has(key)));
  };
}
