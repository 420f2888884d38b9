import { endsInCjk, startsInCjk } from './scripts.js';

const BROKEN_WORD = /(\p{L}+)[-\u2010\u00AD]$/u;
const REST_OF_WORD = /^\p{Ll}+/u;

/**
 * Puts lines together to running text. A word that was broken at the end of a line becomes whole; one that is always
 * written with a hyphen keeps it, which the words of the whole document tell.
 */
export function joinLines(lines: readonly string[], isWord: (word: string) => boolean): string {
  let text = '';
  for (const line of lines) {
    if (text === '') text = line;
    else if (endsInCjk(text) && startsInCjk(line)) text += line;
    else text = joinTwo(text, line, isWord);
  }
  return text.replaceAll('\u00AD', '');
}

function joinTwo(text: string, line: string, isWord: (word: string) => boolean): string {
  const start = BROKEN_WORD.exec(text)?.[1];
  const rest = REST_OF_WORD.exec(line)?.[0];
  if (start === undefined) return `${text} ${line}`;
  if (rest === undefined) return /^\p{L}/u.test(line) ? text + line : `${text} ${line}`;
  const keepsHyphen = isWord(`${start}-${rest}`) || (isWord(start) && isWord(rest) && !isWord(start + rest));
  return keepsHyphen ? text + line : text.slice(0, -1) + line;
}

/** Knows the words that stand within the lines, in lower case, compounds with hyphens as one. */
export function wordsWithin(lines: Iterable<string>): (word: string) => boolean {
  const words = new Set<string>();
  for (const line of lines) {
    const found = line.toLowerCase().match(/[\p{L}]+(?:-[\p{L}]+)*/gu) ?? [];
    // The last one may be the first half of a broken word, and the first one the second half.
    for (const word of found.slice(1, -1)) words.add(word);
  }
  return (word) => words.has(word.toLowerCase());
}
