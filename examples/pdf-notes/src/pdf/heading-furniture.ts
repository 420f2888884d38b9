import type { TextBlock } from './document-text.js';
import { hasCjk } from './scripts.js';

/** What stands so often over a paragraph is a label such as "Tip" or "See also", or a piece of a drawing. */
const LABEL_FROM = 3;
const CHAPTER_NUMBER = /^(?:chapter|part|appendix|kapitel|teil|anhang|chapitre|partie|capítulo|parte|глава|часть)\s+[\dA-Z.]{1,5}$|^第\s*[\d一二三四五六七八九十百]+\s*[章部編编篇节節]$/iu;
const CAPTION = /^(?:table|figure|fig\.|listing|tabelle|abbildung|tableau|tabla|figura|таблица|рисунок|表|図|图|圖)\s*[\dA-Z]+[.\d]*\s*[:：.]?/iu;

/**
 * Leaves out lines that are set like headings and name nothing: labels that come again and again, the number over a
 * chapter's name, captions, and the letters that notes and symbols are drawn with.
 */
export function dropHeadingFurniture(blocks: readonly TextBlock[]): TextBlock[] {
  const times = new Map<string, number>();
  for (const { kind, text } of blocks) if (kind === 'heading') times.set(text, (times.get(text) ?? 0) + 1);
  return blocks.filter((block, index) => {
    if (block.kind !== 'heading') return true;
    const isLabel = (times.get(block.text) ?? 0) >= LABEL_FROM;
    const isChapterNumber = CHAPTER_NUMBER.test(block.text) && blocks[index + 1]?.kind === 'heading';
    return !isLabel && !isChapterNumber && !CAPTION.test(block.text) && namesSomething(block.text);
  });
}

/** At least one word that can be said. */
function namesSomething(text: string): boolean {
  if (hasCjk(text) || !/\p{sc=Latin}/u.test(text)) return true;
  if (/^[.,;:!?–—-]/.test(text)) return false;
  const words = text.match(/\p{L}+/gu) ?? [];
  const isInitials = (word: string) => word === word.toUpperCase() && new Set(word).size > 1;
  return words.some((word) => word.length > 2 && (/[aeiouyæøœ]/iu.test(word.normalize('NFD')) || isInitials(word)));
}
