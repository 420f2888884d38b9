import getPort, { portNumbers } from 'get-port';
import { DemoError } from './demo-error.js';

const HOST = '127.0.0.1';

/**
 * The port that was asked for; else 3000, or the next one that is free; `any`: whichever is free.
 *
 * @throws DemoError where the port that was asked for is in use.
 */
export async function choosePort(wanted: number | 'any' | undefined): Promise<number> {
  if (wanted === 'any') return getPort({ host: HOST });
  if (wanted === undefined) return getPort({ host: HOST, port: portNumbers(3000, 3099) });
  if ((await getPort({ host: HOST, port: wanted })) !== wanted)
    throw new DemoError(`Port ${wanted} is in use by another program. Choose another one with --port.`);
  return wanted;
}
