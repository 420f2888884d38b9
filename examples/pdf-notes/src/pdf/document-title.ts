import type { TextBlock } from './document-text.js';

/** What programs write where nobody gave a title. */
const NO_TITLE = /^(?:untitled|microsoft (?:word|powerpoint|excel)\b.*|(?:slide|page|document|dokument|title)\s*\d*|.*\.(?:docx?|odt|tex|dvi|indd|pptx?|pdf|qxd|rtf|html?))$/i;

/**
 * The title in the document's properties where its first pages bear it out or show no other; else the largest heading
 * of the first pages.
 */
export function documentTitle(property: unknown, blocks: readonly TextBlock[]): string | undefined {
  const stated = typeof property === 'string' ? property.replace(/\s+/g, ' ').trim() : '';
  const isStated = stated.length > 2 && !NO_TITLE.test(stated) && /\p{L}{2}/u.test(stated);
  const opening = blocks.filter(({ page }) => page <= 2);
  if (isStated && opening.some(({ text }) => comparable(text).includes(comparable(stated)))) return stated;
  const headings = opening.filter((block) => block.kind === 'heading').filter(({ text }) => /\p{L}{3}|\p{Lo}{2}/u.test(text));
  const largest = Math.min(...headings.map(({ level }) => level));
  const shown = headings.find(({ level }) => level === largest);
  if (shown !== undefined && (largest === 1 || !isStated)) return shown.text;
  return isStated ? stated : undefined;
}

const comparable = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
