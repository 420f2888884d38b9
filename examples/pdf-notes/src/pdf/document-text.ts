/** The text of a document in reading order, put together again from the pieces that lie on its pages. */
export interface DocumentText {
  /** As the document calls itself, or as its first page shows it. */
  readonly title?: string;
  /** ISO 639-1, or 639-3 where there is no shorter one; absent where the text does not tell. */
  readonly language?: string;
  readonly pageCount: number;
  readonly blocks: readonly TextBlock[];
}

export type TextBlock = Heading | Paragraph;

interface Heading {
  readonly kind: 'heading';
  /** 1 for the largest in the document. */
  readonly level: number;
  readonly text: string;
  /** Counted from 1. */
  readonly page: number;
}

/** Sentences that belong together, in one line. */
interface Paragraph {
  readonly kind: 'paragraph';
  /** It is an item of a list. */
  readonly item?: true;
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly page: number;
}
