/** What ends in a full stop that ends no sentence. */
const ABBREVIATION = new RegExp(
  String.raw`(?:^|[\s(\[“"'])(?:` +
    [
      String.raw`\p{Lu}`, // the initial of a name
      String.raw`(?:\p{L}\.\s?)+\p{L}`, // e.g., i.e., U.S., z. B.
      'dr|mr|mrs|ms|prof|st|sr|jr|gen|rev|hon|messrs|mme|mlle',
      'al|approx|bzw|ca|cf|ch|chap|dept|ed|eds|eq|eqs|etc|evtl|ex|fig|figs|ggf|inkl|max|min|no|nos|nr|op|p|pp|ref|refs|resp|sec|sect|sog|tab|usw|vgl|viz|vol|vs|abb|kap',
      String.raw`(?:am|vom|im|zum|de[rnms]|die|das)\s\d{1,2}`, // German ordinals
      'jan|feb|mar|apr|aug|sep|sept|oct|nov|dec',
    ].join('|') +
    String.raw`)\.$`,
  'iu',
);
/** Some of them end a sentence too; then a capital follows, which no name or number explains. */
const MAY_END_SENTENCE = /(?:^|\s)(?:etc|usw|al|jr|u\.\s?s|p\.\s?m|a\.\s?m)\.$/iu;

/**
 * The sentences of a paragraph. `Intl.Segmenter` finds them in every language, and takes "Dr. Smith", "J. Chambers" or
 * "e.g. this" for two, and so does a bracket in the middle; such pieces are put together again.
 */
export function splitSentences(paragraph: string, language?: string): string[] {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  const sentences: string[] = [];
  let pending = '';
  for (const { segment } of segmenter.segment(paragraph)) {
    // An opening quotation mark without a space in front of it is taken for the end of the sentence before.
    const [, opening = ''] = /([「『（]+)$/u.exec(pending) ?? [];
    const done = pending.slice(0, pending.length - opening.length);
    // Without a space in between, a full stop is a part of a name, as in `.profile`; or the language has no spaces.
    const apart = /[\s。！？」』）]$/u.test(done);
    if (apart && isWhole(done.trimEnd(), opening + segment.trimStart())) {
      sentences.push(done.trimEnd());
      pending = opening + segment.trimStart();
    } else pending += segment;
  }
  if (pending.trim() !== '') sentences.push(pending.trim());
  return sentences;
}

function isWhole(sentence: string, next: string): boolean {
  // An opened bracket is closed first; a quotation that goes on for long was never meant to be closed.
  if (sentence.length < 400 && hasOpenBracket(sentence)) return false;
  if (/^[\p{Ll}»”’)\]」』）,;]/u.test(next) || (next.startsWith('"') && !/^"\S/u.test(next))) return false;
  // Somebody said so, which follows the quotation.
  if (/[」』]$/u.test(sentence)) return !/^[とっのがをには]/u.test(next);
  if (/[。！？]['"”’）]*$/u.test(sentence)) return true;
  if (!ABBREVIATION.test(sentence)) return true;
  return MAY_END_SENTENCE.test(sentence) && /^\p{Lu}/u.test(next);
}

const BRACKETS = [['(', ')'], ['[', ']'], ['（', '）'], ['「', '」'], ['『', '』'], ['“', '”'], ['„', '“']] as const;

function hasOpenBracket(text: string): boolean {
  return BRACKETS.some(([open, close]) => text.lastIndexOf(open) > text.lastIndexOf(close));
}
