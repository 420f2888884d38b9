export const LIMIT: number;
export function measureSize(): Promise<{
  readonly total: number;
  readonly socketIo: number;
  readonly added: number;
  readonly parts: readonly { readonly path: string; readonly bytes: number }[];
}>;
