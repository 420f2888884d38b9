/** What a sentence does, as far as its words tell. */
export type SentenceKind = 'statement' | 'command' | 'fragment';

export interface Grammar {
  readonly kind: SentenceKind;
  /** Whether the words at a place of the sentence name a thing. */
  isName(start: number, end: number): boolean;
}
