import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeWith, launchChromium } from '@notes/test-kit';
import type { Browser } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { choosePdfs, PageUser } from './support/page-user.js';
import { startSystem, type System } from './support/start-system.js';

describeWith(['chromium'], 'the page while it is developed', () => {
  let system: System;
  let browser: Browser;
  let vite: ViteDevServer;

  beforeAll(async () => {
    [system, browser] = await Promise.all([startSystem(), launchChromium()]);
    vi.stubEnv('API_URL', system.url);
    vite = await createServer({ root: fileURLToPath(new URL('../web', import.meta.url)), server: { port: 0, host: '127.0.0.1', hmr: false }, logLevel: 'silent' });
    await vite.listen();
  });

  afterAll(async () => {
    await vite.close();
    vi.unstubAllEnvs();
    await browser.close();
    await system[Symbol.asyncDispose]();
  });

  test('a PDF becomes notes as it does for users, and the devtools show the states of its job', { timeout: 120_000 }, async () => {
    const url = vite.resolvedUrls?.local[0] ?? '';
    await using ada = await PageUser.signIn(browser, url, 'ada');
    const page = await ada.openTab();
    const devtools = page.getByRole('complementary', { name: 'Job events devtools' });
    await devtools.getByRole('button', { expanded: false }).click();
    await choosePdfs(page, { name: 'hearing.pdf', bytes: await readFile(new URL('../sample/sample.pdf', import.meta.url)) });
    await page.waitForURL(/\/notes\/[\w-]+$/);
    await page.getByRole('heading', { name: 'How We Hear' }).waitFor();
    await devtools.getByText('completed').first().waitFor();
  });
});
