import type { Line } from './page-lines.js';

/** How the running text of a document looks; everything else is told from it. */
export interface Typography {
  readonly bodySize: number;
  readonly bodyFont: string;
  readonly bodyIsMonospace: boolean;
  /** From one baseline of a paragraph to the next. */
  readonly leading: number;
}

export function typographyOf(lines: readonly Line[]): Typography {
  const bodySize = mostCommon(lines.map(({ size, text }) => [roundSize(size), text.length])) ?? 10;
  const body = lines.filter(({ size }) => roundSize(size) === bodySize);
  return {
    bodySize,
    bodyFont: mostCommon(body.map(({ font, text }) => [font, text.length])) ?? '',
    bodyIsMonospace: mostCommon(body.map(({ monospace, text }) => [monospace, text.length])) ?? false,
    leading: mostCommon(leadings(body)) ?? bodySize * 1.2,
  };
}

/** Halves of a point: programs write 10.909 and 10.91 for the same size. */
export const roundSize = (size: number): number => Math.round(size * 2) / 2;

function leadings(body: readonly Line[]): [number, number][] {
  const found: [number, number][] = [];
  for (const [index, line] of body.entries()) {
    const before = body[index - 1];
    if (before === undefined || before.page !== line.page) continue;
    const leading = line.y - before.y;
    if (leading > line.size * 0.8 && leading < line.size * 3) found.push([roundSize(leading), 1]);
  }
  return found;
}

function mostCommon<Value>(weighted: readonly (readonly [Value, number])[]): Value | undefined {
  const weights = new Map<Value, number>();
  for (const [value, weight] of weighted) weights.set(value, (weights.get(value) ?? 0) + weight);
  let best: Value | undefined;
  for (const [value, weight] of weights) if (weight > (best === undefined ? 0 : (weights.get(best) ?? 0))) best = value;
  return best;
}
