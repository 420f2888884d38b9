import type { Line } from './page-lines.js';
import { hasCjk } from './scripts.js';
import type { Typography } from './typography.js';

const BULLET = /^(?:[•◦▪‣·●○■□–—∗*-]\s+|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+(?=\S))/iu;
const DOT_LEADERS = /(?:[.·…]\s?){4,}/;
const LONGEST_HEADING = 150;
const LONGEST_HEADING_IN_BODY_SIZE = 90;

export const isBulleted = ({ text }: Line): boolean => BULLET.test(text);
export const withoutBullet = (text: string): string => text.replace(/^[•◦▪‣·●○■□–—∗*-]\s+/u, '');

/**
 * What is not running text: tables of contents, programs, and small print such as footnotes and captions. `passes`
 * where the paragraph around it goes on behind it.
 */
export function isLeftOut(line: Line, { bodySize, bodyIsMonospace }: Typography): false | 'interrupts' | 'passes' {
  if (line.size < bodySize * 0.86) return 'passes';
  if (DOT_LEADERS.test(line.text)) return 'interrupts';
  if (line.monospace && !bodyIsMonospace && !hasCjk(line.text)) return 'interrupts';
  return false;
}

/** Larger than the running text; or short, alone on its line and in another font. */
export function isHeadingLine(line: Line, before: Line | undefined, after: Line | undefined, typography: Typography): boolean {
  const { text, size } = line;
  const { bodySize, bodyFont, leading } = typography;
  if (text.length > LONGEST_HEADING || !/\p{L}{2}/u.test(text) || lettersIn(text) < 0.5) return false;
  if (size > bodySize * 1.1) return true;
  if (size < bodySize * 0.97 || line.font === bodyFont || !line.uniform || isBulletOnly(text)) return false;
  if (text.length > LONGEST_HEADING_IN_BODY_SIZE || /[.,;:!?。、，；：！？]$/u.test(text)) return false;
  if (!/^[\p{Lu}\p{Lt}\p{Lo}\d]/u.test(text)) return false;
  const apart = (one: Line | undefined, other: Line | undefined) =>
    one === undefined || other === undefined || one.page !== other.page || Math.abs(other.y - one.y) > leading * 1.25;
  const aloneOnLine = [before, after].every((other) => other === undefined || other.page !== line.page || Math.abs(other.y - line.y) > size * 0.5);
  return aloneOnLine && apart(before, line) && after !== undefined && after.font !== line.font;
}

const isBulletOnly = (text: string) => /^[•◦▪‣·●○■□–—∗*-]/u.test(text);

const lettersIn = (text: string) => (text.match(/[\p{L}\s]/gu)?.length ?? 0) / text.length;
