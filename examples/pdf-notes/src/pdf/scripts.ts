/** Chinese characters and Japanese syllables, and their punctuation: what is written without spaces between words. */
const CJK = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303F\uFF00-\uFFEFー]`;
const ENDS_IN_CJK = new RegExp(`${CJK}$`, 'u');
const STARTS_IN_CJK = new RegExp(`^${CJK}`, 'u');
const HAS_CJK = new RegExp(CJK, 'u');

export const endsInCjk = (text: string): boolean => ENDS_IN_CJK.test(text);
export const startsInCjk = (text: string): boolean => STARTS_IN_CJK.test(text);
export const hasCjk = (text: string): boolean => HAS_CJK.test(text);
