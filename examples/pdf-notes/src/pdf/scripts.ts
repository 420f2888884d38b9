/** Chinese characters and Japanese syllables, and their punctuation: what is written without spaces between words. */
const CJK = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303F\uFF00-\uFFEFー]`;
const ENDS_IN_CJK = new RegExp(`${CJK}$`, 'u');
const STARTS_IN_CJK = new RegExp(`^${CJK}`, 'u');
const HAS_CJK = new RegExp(CJK, 'u');
const CJK_LETTERS = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/gu;

export const endsInCjk = (text: string): boolean => ENDS_IN_CJK.test(text);
export const startsInCjk = (text: string): boolean => STARTS_IN_CJK.test(text);
export const hasCjk = (text: string): boolean => HAS_CJK.test(text);

/** How much of a text is written in which way; a Chinese character says about as much as three letters. */
export function lettersByScript(text: string): { readonly cjk: number; readonly other: number } {
  const cjk = text.match(CJK_LETTERS)?.length ?? 0;
  const all = text.match(/\p{L}/gu)?.length ?? 0;
  return { cjk: cjk * 3, other: all - cjk };
}

/** What can stand behind a name in Chinese and Japanese: anything else may go on with it. */
export const CJK_NAME_ENDS = /^(?:$|[\p{P}\s]|[はがをにでともへや]|から|まで|より|的|是|在|和|与|及|会|有|可|能|将|从|把|对|中|上|下|内|里|时|后|前|也|都|不|就|通|由|让|使|被)/u;

/** And in front of one. */
export const CJK_NAME_STARTS = /(?:^|[\p{P}\s]|[的了在是和与與或为為将將对對从從由被把及用到个個种種条條项項份于於以每各有该該非のをにでがはとへやも])$/u;
