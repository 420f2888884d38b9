import { readFile } from 'node:fs/promises';
import { launchChromium, startRedis } from '@notes/test-kit';
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { makeBook } from '../pdfs/make-pdf.js';
import { startHeldModel } from './held-model.js';
import { dropPdfs, PageUser } from './page-user.js';
import { recordShownJobs, shownJobs } from './shown-jobs.js';
import { startSystem } from './start-system.js';

const WITHIN = { timeout: 90_000, interval: 100 };
const DROPPED = ['first.pdf', 'second.pdf', 'third.pdf'];

/**
 * What people see in a real browser while processes and servers die: the same for both set-ups, each with two API
 * processes behind one address and workers that come and go.
 */
export function faultCases({ withRedis }: { readonly withRedis: boolean }): void {
  test('three PDFs at once in two tabs, a worker and API processes that are killed: each job ends once on each tab, each note is there once', { timeout: 240_000 }, async () => {
    // Begun anew for each try: what an earlier one left would be in the way.
    await using redis = withRedis ? await startRedis({ own: true }) : undefined;
    await using model = await startHeldModel();
    const environment = { ...model.environment, ...(redis && { REDIS_URL: redis.url }) };
    await using system = await startSystem(environment, { apis: 2, workers: 1 });
    await using browser = await launchChromium();
    const bytes = await readFile(new URL('../../sample/sample.pdf', import.meta.url));
    await using ada = await PageUser.signIn(browser, system.url, 'ada');
    await recordShownJobs(ada.context);
    const dropping = await ada.openTab();
    const tabs = [await ada.openTab(), await ada.openTab()];

    // Three of them by hand, two more on the way in two steps: one is being read when its worker is lost, one written.
    await dropPdfs(dropping, ...DROPPED.map((name) => ({ name, bytes })));
    await upload(ada, 'written.pdf', bytes);
    await vi.waitFor(() => expect(model.waiting).toBe(4), WITHIN);
    const readId = await upload(ada, 'read.pdf', await makeBook(1_200));
    for (const tab of tabs) await vi.waitFor(async () => expect((await shownJobs(tab))[readId]?.at(-1)).toMatch(/^Reading the text/), WITHIN);
    const jobIds = Object.keys(await shownJobs(tabs[0]!));
    expect(jobIds).toHaveLength(5);

    await system.killWorker(0);
    await system.startWorker({}, 0);
    for (const tab of tabs)
      await vi.waitFor(async () => {
        const shown = await shownJobs(tab);
        for (const jobId of jobIds) expect(shown[jobId], jobId).toContainEqual(expect.stringMatching(/^Writing the notes.*attempt 2$/));
      }, WITHIN);
    // The long one is read in parts.
    await vi.waitFor(() => expect(model.waiting).toBeGreaterThanOrEqual(5), WITHIN);

    // One after the other, so that each tab loses its process once.
    for (const index of [0, 1]) {
      await system.killApi(index);
      for (const tab of tabs) await isLive(tab);
      await system.startApi(index);
    }
    if (redis !== undefined) {
      await redis.kill();
      await redis.start();
      for (const tab of tabs) await isLive(tab);
    }

    model.letAnswer();
    for (const tab of tabs) {
      await vi.waitFor(async () => {
        const shown = await shownJobs(tab);
        for (const jobId of jobIds) expect(shown[jobId]?.at(-1)).toMatch(/^Completed, 100 %.*attempt 2$/);
      }, WITHIN);
      for (const [jobId, course] of Object.entries(await shownJobs(tab))) {
        expect(course.filter((text) => text.startsWith('Completed')), jobId).toHaveLength(1);
        // A page that is busy may paint only what came after it.
        expect(course.filter((text) => text.startsWith('Retrying')).length, jobId).toBeLessThan(2);
        expect(course.join('\n'), jobId).not.toMatch(/Failed|Cancelled|attempt 3/);
      }
    }
    // Where they were dropped the page may lead to a note; it does so once.
    for (const [jobId, course] of Object.entries(await shownJobs(dropping))) expect(course.filter((text) => text.startsWith('Completed')).length, jobId).toBeLessThan(2);
    expect(await ada.read('/notes')).toMatchObject({ body: { notes: expect.objectContaining({ length: 5 }) } });
    const { rows } = await system.pool.query<{ job_id: string }>('select job_id from notes');
    expect(rows.map(({ job_id: jobId }) => jobId).toSorted()).toEqual(jobIds.toSorted());
    // At once, or in a moment: a cache that has missed the end, because it was away, is believed for at most 10 s.
    await vi.waitFor(async () => {
      for (const jobId of jobIds) expect(await ada.read(`/api/jobs/${jobId}`)).toMatchObject({ body: { status: 'completed', version: [2, 2, expect.any(Number), expect.any(Number), expect.any(Number)] } });
    }, { timeout: 15_000, interval: 500 });
    // Neither queue nor database keep anything of what is done.
    await vi.waitFor(async () => expect((await system.pool.query('select id from files union all select id from jobs union all select job_id from extracted_texts')).rows).toEqual([]), WITHIN);
  });
}

/** As the page would, on the way in two steps. */
async function upload(user: PageUser, name: string, bytes: Uint8Array): Promise<string> {
  const response = await user.context.request.post(new URL('/upload', user.url).href, {
    multipart: { file: { name, mimeType: 'application/pdf', buffer: Buffer.from(bytes) }, path: 'steps' },
  });
  expect(response.status()).toBe(202);
  return ((await response.json()) as { jobId: string }).jobId;
}

const isLive = (tab: Page): Promise<void> => tab.getByText('Live', { exact: true }).waitFor({ timeout: WITHIN.timeout });
