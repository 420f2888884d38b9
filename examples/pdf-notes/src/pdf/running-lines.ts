import type { Line } from './page-lines.js';

/** How much of a page, above and below, may be headers and footers. */
const MARGIN = 0.13;
/** A line on this many pages in the same place belongs to none of them. */
const REPEATED_ON_PAGES = 3;
const PAGE_NUMBER = /^[\s\p{P}]*(?:(?:\p{L}{1,8}\s+)?\d{1,4}(?:\s*(?:\/|of|von|de|sur|di)\s*\d{1,4})?|[ivxlc]{1,7})[\s\p{P}]*$/iu;

/** Leaves out what stands on every page: headers, footers, page numbers. */
export function dropRunningLines(lines: readonly Line[]): Line[] {
  const inMargin = lines.filter(({ height }) => height < MARGIN || height > 1 - MARGIN);
  const pagesOfText = new Map<string, Set<number>>();
  for (const line of inMargin) collect(pagesOfText, textWithoutNumbers(line), line.page);
  const repeated = (line: Line) => (pagesOfText.get(textWithoutNumbers(line))?.size ?? 0) >= REPEATED_ON_PAGES;

  // The header of a chapter of two pages is repeated on no third one; it stands where the others stand.
  const pagesOfPlace = new Map<string, Set<number>>();
  for (const line of inMargin) if (repeated(line)) collect(pagesOfPlace, placeOf(line), line.page);
  const pageCount = lines.at(-1)?.page ?? 0;
  const isUsualPlace = (line: Line) => (pagesOfPlace.get(placeOf(line))?.size ?? 0) >= Math.max(REPEATED_ON_PAGES, pageCount * 0.3);

  const running = new Set(inMargin.filter((line) => repeated(line) || isUsualPlace(line) || PAGE_NUMBER.test(line.text)));
  return lines.filter((line) => !running.has(line));
}

const textWithoutNumbers = ({ text }: Line) => text.toLowerCase().replace(/\d+|\b[ivxlc]+\b/g, '#');
const placeOf = ({ y, size }: Line) => `${Math.round(y)} ${Math.round(size * 2)}`;

function collect(map: Map<string, Set<number>>, key: string, page: number): void {
  const pages = map.get(key);
  if (pages === undefined) map.set(key, new Set([page]));
  else pages.add(page);
}
