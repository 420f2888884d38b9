import type { DocumentText } from '../../pdf/document-text.js';
import { isInLanguage } from '../text/is-in-language.js';
import { isProse } from '../text/is-prose.js';
import { leaningOf, type Leaning } from '../text/leaning.js';
import { pointsElsewhere } from '../text/points-elsewhere.js';
import { splitSentences } from '../text/split-sentences.js';
import type { Word, WordReader } from '../text/words.js';

/** A sentence of the document that can stand in a note. */
export interface Sentence {
  readonly text: string;
  readonly words: readonly Word[];
  /** The keys of its content words, each once. */
  readonly keys: ReadonlySet<string>;
  /** Among all of the document. */
  readonly position: number;
  readonly opensParagraph: boolean;
  readonly leaning: Leaning;
}

/** What stands between two headings. */
export interface Passage {
  /** `undefined` before the first heading. */
  readonly heading: string | undefined;
  readonly level: number;
  readonly sentences: readonly Sentence[];
}

/** Parts of a book that nobody studies. What has such a heading is left out with all that stands below it. */
const NOT_TO_STUDY =
  /^(?:[\dA-Z.]*\s+)?(?:(?:table of )?contents|list of (?:figures|tables)|(?:\p{L}+ )?literature(?: list)?|(?:the |gnu )?(?:\p{L}+ )*licen[cs]e(?: agreement)?|copying|revision history|change ?log|credits|references|bibliography|works cited|further reading|(?:[\p{L}]+ (?:and [\p{L}]+ )?)?index|acknowledge?ments?|exercises|questions|preface|copyright.*|colophon|about the authors?|inhalt(?:sverzeichnis)?|literatur(?:verzeichnis)?|danksagung|vorwort|stichwortverzeichnis|sommaire|table des matières|références|remerciements|índice|bibliografía|目次|目录|目錄|参考文献|參考文獻|索引|谢辞|謝辞|前言|序言|まえがき)\s*$|^(?:appendix|anhang|annexe|apéndice|付録|附录|附錄)(?!\p{Ll})/iu;

/** How many blocks are read from one report of progress to the next. */
const BLOCKS_A_REPORT = 500;

export function readOutline(document: DocumentText, reader: WordReader, onProgress: (fraction: number) => void = () => {}): Passage[] {
  const { language } = document;
  const passages: { heading: string | undefined; level: number; sentences: Sentence[] }[] = [{ heading: undefined, level: 0, sentences: [] }];
  const seen = new Set<string>();
  let skippedBelow = Number.POSITIVE_INFINITY;
  let position = 0;
  let before = '';
  for (const [done, block] of document.blocks.entries()) {
    if (done % BLOCKS_A_REPORT === 0) onProgress(done / document.blocks.length);
    const isRest = endsInCjkLetter(before) && startsInCjkLetter(block.text);
    before = block.kind === 'paragraph' ? block.text : '';
    if (block.kind === 'heading') {
      if (block.level > skippedBelow) continue;
      skippedBelow = NOT_TO_STUDY.test(block.text) ? block.level : Number.POSITIVE_INFINITY;
      if (skippedBelow !== block.level) passages.push({ heading: block.text, level: block.level, sentences: [] });
      continue;
    }
    if (skippedBelow !== Number.POSITIVE_INFINITY || !isInLanguage(block.text, language)) continue;
    for (const [index, sentence] of splitSentences(block.text, language).entries()) {
      const text = withoutNumbering(sentence);
      if (!isProse(text) || pointsElsewhere(text, language) || seen.has(text) || (isRest && index === 0)) continue;
      seen.add(text);
      const words = reader.read(text);
      passages.at(-1)?.sentences.push({
        text,
        words,
        keys: new Set(words.filter(({ isContent }) => isContent).map(({ key }) => key)),
        position: position++,
        opensParagraph: index === 0,
        // A list leans on the sentence that introduces it.
        leaning: block.item === true ? 'opening' : leaningOf(text, language),
      });
    }
  }
  return passages;
}

// What follows a paragraph without an end may be the rest of its sentence; capitals would tell, but these have none.
const endsInCjkLetter = (text: string) => /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]$/u.test(text);
const startsInCjkLetter = (text: string) => /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(text);

/** Items of lists are sentences without their number. */
const withoutNumbering = (text: string) => text.replace(/^\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+/iu, '');
