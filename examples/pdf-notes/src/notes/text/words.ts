import { hasCjk } from '../../pdf/scripts.js';
import { stopwordsOf } from './stopwords.js';

export interface Word {
  /** As it is written. */
  readonly surface: string;
  /** Equal for the forms of a word that mean the same. */
  readonly key: string;
  /** It says something by itself; `the`, `of`, `7` do not. */
  readonly isContent: boolean;
  /** What stands between it and the word before, where that is next to nothing. */
  readonly link: '' | ' ' | '-' | undefined;
}

export interface WordReader {
  read(text: string): Word[];
}

/** Languages without spaces have words of one character; elsewhere those are letters in formulas. */
const SHORTEST = 2;

/** Reads words in the language of the document; Chinese and Japanese also where they stand within another. */
export function wordReader(language: string | undefined): WordReader {
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  const own = stopwordsOf(language);
  const cjk = language === 'jpn' || language === 'cmn' ? own : new Set([...stopwordsOf('jpn'), ...stopwordsOf('cmn')]);
  const isStopword = (word: string) => (hasCjk(word) ? cjk.has(word) : own.has(word));
  const keyOf = language === undefined || language === 'eng' ? foldEnglishPlural : (word: string) => word;
  return {
    read(text) {
      const words: Word[] = [];
      let end = -1;
      for (const { segment, index, isWordLike } of segmenter.segment(text)) {
        if (isWordLike !== true) continue;
        const start = index + elidedIn(segment).length;
        const surface = text.slice(start, index + segment.length);
        const lower = surface.toLowerCase();
        words.push({
          surface,
          key: keyOf(lower),
          isContent: /^\p{L}/u.test(surface) && isLongEnough(surface) && !isStopword(lower) && !isInPath(text, start, surface.length),
          link: end < 0 ? undefined : linkOf(text.slice(end, start)),
        });
        end = index + segment.length;
      }
      return words;
    },
  };
}

/** French and Italian write `l’eau` and `d’autres`; the words are `eau` and `autres`. */
const elidedIn = (segment: string) => /^(?:[cdjlmnst]|qu|dell|all|nell|un)[’'](?=\p{L}{2})/iu.exec(segment)?.[0] ?? '';

const linkOf = (between: string) => (between === '' || between === ' ' || between === '-' ? between : undefined);

/** `debian/rules` is no word of any language. */
const isInPath = (text: string, start: number, length: number) => text[start - 1] === '/' || text[start + length] === '/';

/** What ends in Japanese syllables is a verb or an adjective, or joins what is around it. */
const isLongEnough = (word: string) => (hasCjk(word) ? !/\p{sc=Hiragana}$/u.test(word) : word.length > SHORTEST);

function foldEnglishPlural(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 3 && word.endsWith('s') && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1);
  return word;
}
