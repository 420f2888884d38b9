import type { Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';

const WITHIN = { timeout: 45_000, interval: 50 };

/** The card of a PDF: its bar, its stages, its buttons. */
export const card = (page: Page, fileName: string): Locator => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: fileName }) });

export const bar = (page: Page, fileName: string): Locator => page.getByRole('progressbar', { name: `Notes for ${fileName}` });

/** Waits until the bar of a PDF says so, as it is said to those who cannot see it. */
export const untilBarSays = (page: Page, fileName: string, text: string | RegExp): Promise<void> =>
  vi.waitFor(async () => expect(await bar(page, fileName).getAttribute('aria-valuetext')).toMatch(text), WITHIN);

/** The accessible name of what has the focus, or its text. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');

/** How many pixels of the page can only be seen by scrolling sideways. */
export const widthBeyondWindow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
