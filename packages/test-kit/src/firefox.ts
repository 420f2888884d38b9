import { launch, type Browser } from 'puppeteer-core';
import { findProgram, isExecutable } from './find-program.js';

/** The Firefox to test with: `FIREFOX_PATH`, else the system's. */
export function findFirefox(): string | undefined {
  const named = process.env['FIREFOX_PATH'];
  if (named !== undefined) return isExecutable(named) ? named : undefined;
  return findProgram('firefox-esr') ?? findProgram('firefox');
}

/** Starts a Firefox with an empty profile, driven over WebDriver BiDi. Its tabs run at full speed in the background too. `await using` closes it. */
export async function launchFirefox(): Promise<Browser> {
  const executablePath = findFirefox();
  if (executablePath === undefined) throw new Error("There is no Firefox on the PATH. Set FIREFOX_PATH, or put the test under describeWith(['firefox'], …).");
  return launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    executablePath,
    headless: true,
    extraPrefsFirefox: { 'dom.min_background_timeout_value': 4, 'dom.timeout.enable_budget_timer_throttling': false },
  });
}
