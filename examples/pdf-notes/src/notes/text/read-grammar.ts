import { readEnglish } from './english-grammar.js';
import type { Grammar, SentenceKind } from './grammar.js';

/** Languages whose words nobody here can tell apart have to be believed. */
const believed = (kind: SentenceKind): Grammar => ({ kind, isName: () => true });

/** Where a language tells by the last or first characters of a sentence what it does. */
const KINDS: Readonly<Record<string, (sentence: string) => SentenceKind>> = {
  jpn: (sentence) => {
    if (/(?:ください|下さい|ましょう|なさい)[。」』）]*$/u.test(sentence)) return 'command';
    return /(?:[^\p{sc=Hiragana}。）)」』]|こと|もの|とき|ため|[のにで])[。」』）)]*$/u.test(sentence) ? 'fragment' : 'statement';
  },
  fra: (sentence) => (/^(?!(?:assez|chez)\b)\p{L}+ez(?!\p{L})/iu.test(sentence) ? 'command' : 'statement'),
  cmn: (sentence) => (/^[请請]/u.test(sentence) ? 'command' : 'statement'),
};

/** Reads a sentence of a document in that language (ISO 639-3; absent is taken for English). */
export function readGrammar(sentence: string, language = 'eng'): Grammar {
  return language === 'eng' ? readEnglish(sentence) : believed(KINDS[language]?.(sentence) ?? 'statement');
}
