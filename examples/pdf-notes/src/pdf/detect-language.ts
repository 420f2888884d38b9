import { franc } from 'franc';
import type { TextBlock } from './document-text.js';

/** Enough to be sure, and quick. */
const SAMPLE_LENGTH = 20_000;

/** ISO 639-3; absent where the text is too short to tell. */
export function detectLanguage(blocks: readonly TextBlock[]): string | undefined {
  let sample = '';
  for (const { kind, text } of blocks) {
    if (kind === 'paragraph') sample += `${text}\n`;
    if (sample.length > SAMPLE_LENGTH) break;
  }
  const language = franc(sample, { minLength: 40 });
  return language === 'und' ? undefined : language;
}
