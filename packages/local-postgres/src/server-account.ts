import { execFile } from 'node:child_process';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An account without privileges. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who is to run the server: PostgreSQL refuses to run as root, so root hands it to an account that exists already.
 * `undefined`: whoever we are.
 */
export async function findServerAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: await numberOf('-u', name), gid: await numberOf('-g', name) };
    } catch {
      // No such account: the next one.
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither an account "postgres" nor "nobody" to run it. Start as another user.');
}

async function numberOf(option: '-u' | '-g', name: string): Promise<number> {
  return Number((await run('id', [option, name])).stdout.trim());
}

/** Whether the account can run a program: it may not be allowed into one of the folders above. */
export async function canRun(program: string, account: Account | undefined): Promise<boolean> {
  try {
    await run(program, ['--version'], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** Whether the account can enter a folder. */
export async function canEnter(folder: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  try {
    await run('test', ['-x', `${folder}/.`], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** Gives a folder and all that is in it to the account. */
export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account === undefined) return;
  const { uid } = await lstat(path);
  if (uid === account.uid) return;
  await lchown(path, account.uid, account.gid);
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), account.uid, account.gid);
}
