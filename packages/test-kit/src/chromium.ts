import { chromium, type Browser } from 'playwright-core';
import { findProgram, isExecutable } from './find-program.js';

const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The browser to test with: `CHROMIUM_PATH`, else the system's. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined) return isExecutable(named) ? named : undefined;
  return findProgram('chromium') ?? findProgram('chromium-browser') ?? findProgram('google-chrome');
}

/** Starts a browser with an empty profile. `await using` closes it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium on the PATH. Set CHROMIUM_PATH, or put the test under describeWith([\'chromium\'], …).');
  // The sandbox of Chromium does not work for root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, headless: true, args: [...QUIET, ...sandbox] });
}
