import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { restoreAccents } from './restore-accents.js';
import { endsInCjk, startsInCjk } from './scripts.js';

/** One line of a page, or of one of its columns. Lengths are in points; `y` grows downwards and is the baseline's. */
export interface Line {
  readonly text: string;
  readonly page: number;
  readonly x: number;
  readonly right: number;
  readonly y: number;
  /** Of most of its characters. */
  readonly size: number;
  readonly font: string;
  /** Nothing in it is set in another font or size. */
  readonly uniform: boolean;
  /** Set like a typewriter's, as programs are. */
  readonly monospace: boolean;
  /** 0 at the upper edge of the page, 1 at the lower. */
  readonly height: number;
}

interface Piece {
  readonly text: string;
  readonly x: number;
  readonly right: number;
  readonly y: number;
  readonly size: number;
  readonly font: string;
  readonly monospace: boolean;
}

/** A gap wider than this many letters' height is the space between columns or cells. */
const COLUMN_GAP = 2.5;
const BULLET = /^(?:[•◦▪‣·*–—-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])$/i;
const FOOTNOTE_MARK = /^[\d*†‡§¶,\s]+$/;

/** The lines of a page in the order in which they were written, which is the order of reading with few exceptions. */
export async function readLines(page: PDFPageProxy): Promise<Line[]> {
  const viewport = page.getViewport({ scale: 1 });
  const { items, styles } = await page.getTextContent();
  const lines: Line[] = [];
  let pieces: Piece[] = [];
  const finish = () => {
    const line = lineOf(pieces, page.pageNumber, viewport.height);
    if (line !== undefined) lines.push(line);
    pieces = [];
  };
  for (const item of items) {
    if (!('str' in item) || item.str === '') continue;
    const [a, b, c, d, e, f] = multiply(viewport.transform, item.transform as number[]);
    // Upright text only: what runs up the margin is a stamp.
    if (Math.abs(b) > Math.abs(a) * 0.1) continue;
    const size = Math.hypot(c, d);
    const monospace = styles[item.fontName]?.fontFamily === 'monospace';
    const piece: Piece = { text: item.str, x: e, right: e + item.width, y: f, size, font: item.fontName, monospace };
    if (!continues(pieces, piece)) finish();
    if (piece.text.trim() !== '' || pieces.length > 0) pieces.push(piece);
  }
  finish();
  return lines;
}

function continues(pieces: readonly Piece[], piece: Piece): boolean {
  const last = pieces.at(-1);
  if (last === undefined) return true;
  const size = Math.max(last.size, piece.size);
  if (Math.abs(piece.y - last.y) > size * 0.5 || piece.x < last.right - size) return false;
  const isGap = piece.text.trim() === '';
  const gap = isGap ? piece.right - piece.x : piece.x - last.right;
  return gap < size * COLUMN_GAP || BULLET.test(textOf(pieces));
}

function lineOf(all: readonly Piece[], page: number, pageHeight: number): Line | undefined {
  const visible = all.filter(({ text }) => text.trim() !== '');
  const [first] = visible;
  if (first === undefined) return undefined;
  const main = mostWritten(visible);
  const pieces = withoutFootnoteMarks(all, main);
  const text = textOf(pieces);
  if (text === '') return undefined;
  return {
    text,
    page,
    x: first.x,
    right: Math.max(...visible.map(({ right }) => right)),
    y: main.y,
    size: main.size,
    font: main.font,
    uniform: visible.every(({ font, size }) => font === main.font && size === main.size),
    monospace: share(visible, ({ monospace }) => monospace) > 0.6,
    height: main.y / pageHeight,
  };
}

/** The piece of the font and size in which most characters are set. */
function mostWritten(pieces: readonly Piece[]): Piece {
  const written = new Map<string, { piece: Piece; length: number }>();
  for (const piece of pieces) {
    const style = `${piece.font} ${piece.size}`;
    const { length } = written.get(style) ?? { length: 0 };
    written.set(style, { piece, length: length + piece.text.length });
  }
  return [...written.values()].reduce((most, next) => (next.length > most.length ? next : most)).piece;
}

/** A small raised number after a word leads to a footnote; after a number or a unit it is an exponent, and stays. */
function withoutFootnoteMarks(pieces: readonly Piece[], main: Piece): Piece[] {
  return pieces.filter((piece, index) => {
    const raised = piece.size < main.size * 0.85 && main.y - piece.y > main.size * 0.15;
    return !raised || !FOOTNOTE_MARK.test(piece.text) || !/\p{L}{3}$|[.,;:!?)”"]$/u.test(textOf(pieces.slice(0, index)));
  });
}

function share(pieces: readonly Piece[], test: (piece: Piece) => boolean): number {
  const length = (some: readonly Piece[]) => some.reduce((sum, { text }) => sum + text.length, 0);
  return length(pieces.filter(test)) / length(pieces);
}

function textOf(pieces: readonly Piece[]): string {
  let text = '';
  let right = Number.NEGATIVE_INFINITY;
  for (const piece of pieces) {
    const apart = piece.x - right > piece.size * 0.2;
    const space = apart && text !== '' && !(endsInCjk(text) && startsInCjk(piece.text));
    text += `${space ? ' ' : ''}${piece.text}`;
    right = piece.right;
  }
  return restoreAccents(text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '').trim());
}

type Matrix = [number, number, number, number, number, number];

function multiply(outer: readonly number[], inner: readonly number[]): Matrix {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = outer;
  const [g = 1, h = 0, i = 0, j = 1, k = 0, l = 0] = inner;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}
