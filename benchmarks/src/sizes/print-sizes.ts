import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundledSize, type BundledSize } from './bundled-size.ts';
import { PEERS } from './peers.ts';

const HERE = import.meta.dirname;
const CLIENT = `export { WebSocketService } from '@notes/job-events-client';`;
const SOCKET_IO = `export { io } from 'socket.io-client';`;

/** What a page has already, and what it adds to it. */
const OWN: ReadonlyArray<{ readonly what: string; readonly lines: string; readonly beside: string }> = [
  { what: 'the client, everything its main entry has', lines: `export * from '@notes/job-events-client';`, beside: SOCKET_IO },
  { what: 'the client, `WebSocketService` alone', lines: CLIENT, beside: SOCKET_IO },
  { what: '`useJobWebSocket` and its provider', lines: `${CLIENT} export { JobEventsProvider, useJobWebSocket } from '@notes/job-events-react';`, beside: CLIENT },
  { what: 'every hook and component', lines: `${CLIENT} export * from '@notes/job-events-react';`, beside: CLIENT },
  { what: 'one connection for all tabs (`/tabs`)', lines: `${CLIENT} export * from '@notes/job-events-client/tabs';`, beside: CLIENT },
];

/** Prints what a page downloads for the client, the hook and the tabs, and for the peers, which are installed in a temporary folder. */
export async function printSizes(): Promise<void> {
  console.log('\n| what | minified | gzipped | brotli |\n| --- | ---: | ---: | ---: |');
  printRow('`socket.io-client`', await bundledSize(SOCKET_IO, HERE));
  for (const { what, lines, beside } of OWN) printRow(`+ ${what}`, difference(await bundledSize(lines, HERE), await bundledSize(beside, HERE)));
  printRow('all of it: `socket.io-client`, client, `useJobWebSocket`', await bundledSize(OWN[2]!.lines, HERE));
  const folder = await mkdtemp(join(tmpdir(), 'job-events-sizes-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', ...PEERS.map(({ name, version }) => `${name}@${version}`)], { cwd: folder });
    for (const { name, version, lines } of PEERS) printRow(`${name} ${version}`, await bundledSize(lines, folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const printRow = (what: string, { minified, gzipped, brotli }: BundledSize): void => console.log(`| ${what} | ${minified} | ${gzipped} | ${brotli} |`);

const difference = (all: BundledSize, part: BundledSize): BundledSize => ({
  minified: all.minified - part.minified,
  gzipped: all.gzipped - part.gzipped,
  brotli: all.brotli - part.brotli,
});
