import { franc } from 'franc';
import type { TextBlock } from './document-text.js';
import { lettersByScript } from './scripts.js';

/** Enough to be sure, and quick. */
const SAMPLE_LENGTH = 20_000;

/**
 * ISO 639-3; absent where the text is too short to tell. The paragraphs that are looked at are spread over the whole
 * document, because a translation may begin with pages of legal English.
 */
export function detectLanguage(blocks: readonly TextBlock[]): string | undefined {
  const paragraphs = blocks.filter(({ kind }) => kind === 'paragraph').map(({ text }) => text);
  const length = paragraphs.reduce((sum, text) => sum + text.length, 0);
  const every = Math.max(1, Math.round(length / SAMPLE_LENGTH));
  const sample = paragraphs.filter((_, index) => index % every === 0);
  const together = sample.join('\n');
  const { cjk, other } = lettersByScript(together);
  // A text in Chinese is full of names in Latin letters.
  const language = franc(cjk > other ? together.replace(/\p{sc=Latin}+/gu, '') : together, { minLength: 40 });
  return language === 'und' ? undefined : language;
}
