import { hasCjk } from '../../pdf/scripts.js';

/** Statements: what asks or calls out tells nothing by itself. */
const ENDS = /[.。]['"”’»」』)）]*$/u;
const STARTS = /^['"“‘„«「『]?(?:\p{Lu}|\p{Lt}|\p{Lo}|\d)/u;
/** Addresses, program text, file names, references to what a note does not have. */
const NOT_TO_STUDY = [
  /(?:https?:|ftp:|www\.)|\S@\S+\.\S/i,
  /[{}<>=|\\^~#_$]|\S\(\)|\w\(\w+(?:,\s*\w+)*\)|::|->|\[\d+\]\s*\d|--\w/,
  /(?:^|\s)[./~]*\/\w+\/|\b\w+\.(?:c|h|js|ts|py|sh|txt|pdf|html|xml|json|csv|conf|deb|gz)\b/,
  /^(?:figure|fig\.|table|chapter|section|appendix|equation|note|tip|abbildung|tabelle|kapitel|图|表|図)\s*\d/i,
  /\b(?:doi|isbn|issn|arxiv)\b|\bet al\b|\bpp?\.\s*\d|\bvol\.\s*\d|©|\bcopyright\b/i,
  /\b(?:see|cf\.|siehe|vgl\.)\s+(?:also\s+)?(?:the\s+)?(?:section|chapter|appendix|figure|fig|table|page|kapitel|abschnitt|§)/i,
  /(?:\b(?:section|chapter|appendix)\s+[A-Z0-9][\d.]*|\bpage\s+\d+|\[[^\]]*\])/i,
  /(?:[.·…]\s?){3,}|\s[.,;!?](?:\s|$)|(?:^|\s)\.\p{L}/u,
  // Numbers of sections, as in a table of contents; lists of words in several languages.
  /^(?:\d+\s+)?\d+(?:\.\d+)+\.?\s|^\d+\s+\d|(?::[^:]*){4}/,
  /permission is (?:hereby )?granted|all rights reserved|warrant(?:y|ies) of|verbatim cop(?:y|ies)|creative commons/i,
  /\uFFFD|[\uE000-\uF8FF]/,
];

/** Whether a sentence can stand in a note by itself: whole, in words, of a length that one can read. */
export function isProse(sentence: string): boolean {
  if (!ENDS.test(sentence) || !STARTS.test(sentence)) return false;
  if (NOT_TO_STUDY.some((pattern) => pattern.test(sentence))) return false;
  const letters = sentence.match(/\p{L}/gu)?.length ?? 0;
  const spaces = sentence.match(/\s/g)?.length ?? 0;
  const digits = sentence.match(/\d/g)?.length ?? 0;
  if (letters / (sentence.length - spaces) < 0.8 || digits / sentence.length > 0.12) return false;
  if (hasUnpairedQuote(sentence)) return false;
  if (isMostlyCjk(sentence)) return letters >= 12 && letters <= 160;
  return spaces >= 5 && spaces <= 48 && sentence.length <= 330 && !hasStrayLetters(sentence);
}

const isMostlyCjk = (text: string) => hasCjk(text) && (text.match(/\s/g)?.length ?? 0) < text.length / 12;

function hasUnpairedQuote(text: string): boolean {
  const count = (mark: string) => text.split(mark).length - 1;
  const unpaired = (open: string, close: string) => count(open) !== count(close);
  return unpaired('(', ')') || unpaired('（', '）') || unpaired('「', '」') || count('"') % 2 === 1 || unpaired('“', '”');
}

/** Several single letters are a formula that lost its shape. */
const hasStrayLetters = (text: string) => (text.match(/(?<=\s)[b-hj-zB-HJ-Z](?=[\s,.])/g)?.length ?? 0) > 1;
