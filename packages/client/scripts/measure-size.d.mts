export const LIMIT: number;
export function measureSize(): Promise<{
  readonly gzipped: number;
  readonly minified: number;
  readonly parts: readonly { readonly path: string; readonly bytes: number }[];
  readonly code: string;
}>;
