export const LIMIT: number;
export function measureSize(): Promise<{
  readonly socketIo: number;
  readonly added: number;
  readonly addedByService: number;
  readonly paths: readonly string[];
}>;
