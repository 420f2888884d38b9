import { franc } from 'franc';
import { lettersByScript } from '../../pdf/scripts.js';

/** Shorter ones could be in any language. */
const SHORTEST = 30;
const WITHOUT_SPACES = new Set(['jpn', 'cmn']);

/**
 * Whether a paragraph is in the language of its document. Translations are seldom complete, and notes in two languages
 * are none.
 */
export function isInLanguage(paragraph: string, language: string | undefined): boolean {
  if (language === undefined) return true;
  const { cjk, other } = lettersByScript(paragraph);
  if (WITHOUT_SPACES.has(language)) return cjk > other;
  if (cjk > other) return false;
  if (language === 'eng' || paragraph.length < SHORTEST) return true;
  return franc(paragraph, { only: [language, 'eng'], minLength: SHORTEST }) === language;
}
