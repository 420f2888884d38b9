import stopwords from 'stopword';
import { hasCjk } from '../../pdf/scripts.js';

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
/** What the lists of function words lack: words that stand in every text and name nothing. */
const MORE_STOPWORDS: Readonly<Record<string, readonly string[]>> = {
  eng: (
    'its their theirs them they his her hers him she our ours your yours you who whom what when where why how which this that these those there here all any both some such own same so too very can could should did had has have was were been being be is are am do and but if or because as of at by for with about against into through during before after above to from up down in out on off over then once no nor not hundred thousand million billion times time per cent percent half twice ' +
    'almost already also although always another around become becomes behind below beyond both call called cause causes certain come comes contain contains ' +
    'different does done due each either enough especially even every example far few first following found four full general generally get give given gives ' +
    'go goes good great however important include includes including instead just keep kept know known large largely last later least less let like likely little ' +
    'long made main mainly make makes making many may might moreover most much must near nearly need needs never new next nothing now number often old one ones only ' +
    'order others part particular particularly parts per perhaps possible put quite rather reach real result results said say says second see seen set several ' +
    'show shown shows similar similarly simple simply since single small something sometimes soon still such sure take taken takes tell tells ten than thing things ' +
    'third though three thus together too toward towards turn turns two type types typically under unless unlike until upon use used useful user users uses using usually various ' +
    'via want way ways well whereas whether while whole whose will within without work works would yes yet figure table section chapter appendix page pages therefore hence hold holds'
  ).split(' '),
  deu: 'dabei dadurch dafür daher damit danach dazu deren dessen etwa etwas ganz gegen gibt heute immer jedoch kommt lassen lässt macht mehr meist meisten neue neuen oft schon sehr seit sogar sowie steht stets viele vielen während weitere wenig wenn werden wird zwei drei kapitel seite abbildung tabelle'.split(' '),
  jpn: 'もの こと とき ため よう それ これ ところ する なる ある いる できる れる られる です ます した して ない また など による として について における 場合 以下 必要 使用 一つ 二つ ほか たち'.split(' '),
  zho: '一个 一种 可以 进行 使用 这个 这些 那些 如果 没有 需要 以及 因为 所以 但是 通过 其中 它们 他们 我们 您 您的 就是 由于 不同 包括 例如 以下 一些 同时 之间'.split(' '),
};

/** Reads words in the language of the document; Chinese and Japanese also where they stand within another. */
export function wordReader(language: string | undefined): WordReader {
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  const own = stopwordsOf(language);
  const cjk = new Set([...stopwordsOf('jpn'), ...stopwordsOf('zho')]);
  const isStopword = (word: string) => (hasCjk(word) ? cjk.has(word) : own.has(word));
  const keyOf = language === undefined || language === 'eng' ? foldEnglishPlural : (word: string) => word;
  return {
    read(text) {
      const words: Word[] = [];
      let end = -1;
      for (const { segment, index, isWordLike } of segmenter.segment(text)) {
        if (isWordLike !== true) continue;
        const lower = segment.toLowerCase();
        words.push({
          surface: segment,
          key: keyOf(lower),
          isContent: /^\p{L}/u.test(segment) && isLongEnough(segment) && !isStopword(lower) && !isInPath(text, index, segment.length),
          link: end < 0 ? undefined : linkOf(text.slice(end, index)),
        });
        end = index + segment.length;
      }
      return words;
    },
  };
}

const linkOf = (between: string) => (between === '' || between === ' ' || between === '-' ? between : undefined);

/** `debian/rules` is no word of any language. */
const isInPath = (text: string, start: number, length: number) => text[start - 1] === '/' || text[start + length] === '/';

const isLongEnough = (word: string) =>
  hasCjk(word) ? !/^[\p{sc=Hiragana}]+$/u.test(word) : word.length > SHORTEST;

function stopwordsOf(language: string | undefined): Set<string> {
  const code = language === 'cmn' ? 'zho' : (language ?? 'eng');
  return new Set([...(stopwords[code] ?? []), ...(MORE_STOPWORDS[code] ?? [])]);
}

function foldEnglishPlural(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 3 && word.endsWith('s') && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1);
  return word;
}
