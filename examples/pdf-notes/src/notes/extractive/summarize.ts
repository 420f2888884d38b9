import { chooseSentences, type Score } from './choose-sentences.js';
import type { Part } from './choose-sections.js';
import type { Corpus } from './corpus.js';
import type { Sentence } from './read-outline.js';

/** Sentences that begin with a circumstance are about a case, and those that begin with a command or "you" about a step. */
const TELLS_A_CASE = /^(?:if|when|while|with|for|in|on|at|by|to|after|before|during|from|under|since|as|although|because|without|unlike)\b|\byou(?:r|rs)?\b/iu;

/**
 * An introduction tells what follows: most of the summary is from there, the rest one sentence of a part at most, and
 * best one that explains something.
 */
export function summarize(parts: readonly Part[], { score, grammarOf }: Corpus, explanations: readonly Sentence[]): Sentence[] {
  const count = Math.min(5, Math.max(3, Math.round(parts.length / 2)));
  const isStatement = (sentence: Sentence) => grammarOf(sentence).kind === 'statement';
  const explains = new Set(explanations);
  const worth: Score = (sentence) => score(sentence) * (explains.has(sentence) ? 1.3 : 1) * (TELLS_A_CASE.test(sentence.text) ? 0.6 : 1);
  const candidates = parts.map(({ sentences }, index) => {
    const standing = sentences.filter(({ leaning }) => leaning !== 'opening');
    const opening = index === 0 ? 3 : 1;
    const weighed: Score = (sentence) => worth(sentence) * (standing.indexOf(sentence) < opening ? 1.6 : 1) * (sentence === standing[0] ? 1.25 : 1);
    return chooseSentences(standing, parts.length < 3 ? 3 : opening, weighed, isStatement);
  });
  const introduction = new Set(candidates[0]);
  const chosen = chooseSentences(candidates.flat(), count, (sentence) => worth(sentence) * (introduction.has(sentence) ? (sentence === candidates[0]?.[0] ? 2.4 : 1.8) : 1));
  if (chosen.length >= 3) return chosen;
  // A text of which no sentence stands by itself is summed up by those that lean, rather than not at all.
  const others = parts.flatMap(({ sentences }) => sentences).filter((sentence) => !chosen.includes(sentence));
  return [...chosen, ...chooseSentences(others, 3 - chosen.length, worth)].sort((a, b) => a.position - b.position);
}
