import type { BrowserContext, Page } from 'playwright-core';

declare global {
  // What the page has shown of each job, in the order in which it did.
  var shownJobs: Record<string, string[]> | undefined;
}

/** Lets every page of the context write down what it shows of each job, such as `Writing the notes, 70 %, attempt 2`, each change once. */
export async function recordShownJobs(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const shown: Record<string, string[]> = (globalThis.shownJobs = {});
    const look = (): void => {
      for (const card of document.querySelectorAll<HTMLElement>('[data-job-id]')) {
        const bar = card.querySelector('[role=progressbar]')?.getAttribute('aria-valuetext');
        if (bar === null || bar === undefined) continue;
        const text = [bar, ...[...card.querySelectorAll('.job-remark')].map(({ textContent }) => textContent)].join(', ');
        const course = (shown[card.dataset['jobId'] ?? ''] ??= []);
        if (course.at(-1) !== text) course.push(text);
      }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  });
}

/** What the page has shown of each job so far. */
export const shownJobs = (page: Page): Promise<Readonly<Record<string, readonly string[]>>> => page.evaluate(() => globalThis.shownJobs ?? {});
