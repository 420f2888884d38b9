import type { DocumentText, TextBlock } from '../../pdf/document-text.js';

/** In characters. Four or so are a token, so that the smallest fit in the memory of small models with their answer. */
const SMALLEST_PART = 16_000;
const LARGEST_PART = 60_000;
/** As long as the parts are not too large for a model, there are no more than this. */
const MOST_PARTS = 40;

/**
 * The text of a document in parts that a model can read at once, with headings in the way of Markdown. A part ends
 * before a heading where one is near.
 */
export function documentParts({ blocks }: Pick<DocumentText, 'blocks'>): string[] {
  const total = blocks.reduce((sum, { text }) => sum + text.length, 0);
  const size = Math.min(LARGEST_PART, Math.max(SMALLEST_PART, Math.ceil(total / MOST_PARTS)));
  const parts: string[] = [];
  let part = '';
  for (const block of blocks.flatMap((one) => inPieces(one, size))) {
    const isFull = part.length + block.text.length > size || (block.kind === 'heading' && part.length > size * 0.75);
    if (isFull && part !== '') {
      parts.push(part.trimEnd());
      part = '';
    }
    part += block.kind === 'heading' ? `${'#'.repeat(Math.min(block.level, 6))} ${block.text}\n\n` : `${block.text}\n\n`;
  }
  if (part.trim() !== '') parts.push(part.trimEnd());
  return parts;
}

/** A paragraph longer than a part is no paragraph, but has to be read nevertheless. */
function inPieces(block: TextBlock, size: number): TextBlock[] {
  if (block.text.length <= size) return [block];
  const pieces = block.text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];
  return pieces.map((text) => ({ ...block, text }));
}
