/** What stands for an accent by itself, and the one that a letter is composed with. */
const COMBINING: Readonly<Record<string, string>> = {
  '¨': '\u0308',
  '´': '\u0301',
  '`': '\u0300',
  'ˆ': '\u0302',
  '˜': '\u0303',
  'ˇ': '\u030C',
  '˚': '\u030A',
  '¸': '\u0327',
};
const ACCENT_AND_LETTER = /([¨´ˆ˜ˇ˚¸]|(?<=\p{L})`)([A-Za-zı])/gu;

/**
 * Older programs draw `ü` as two characters, the dots and the letter. Puts them together again where there is such a
 * letter; a grave accent at the beginning of a word is a quotation mark.
 */
export const restoreAccents = (text: string): string =>
  text.replace(ACCENT_AND_LETTER, (both, accent: string, letter: string) => {
    const composed = `${letter === 'ı' ? 'i' : letter}${COMBINING[accent]}`.normalize('NFC');
    return composed.length === 1 ? composed : both;
  });
