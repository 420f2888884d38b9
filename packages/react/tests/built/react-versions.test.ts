import { describeWith, launchChromium } from '@notes/test-kit';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

const here = new URL('./', import.meta.url).pathname;

/** A page's script on what is built, as applications get it, with the React of one version. */
async function bundle(react: string, reactDom: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ['core-cases.tsx'],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    logLevel: 'error',
    jsx: 'automatic',
    alias: { react, 'react-dom': reactDom },
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0]!.text;
}

describeWith(['chromium'], 'the built packages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it.each([
    { react: 'react', reactDom: 'react-dom', major: '19' },
    { react: 'react-18', reactDom: 'react-dom-18', major: '18' },
  ])('the hooks subscribe once, call once and forget the user before, with React $major', async ({ react, reactDom, major }) => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.addScriptTag({ content: await bundle(react, reactDom) });
    const cases = await page.evaluate(() => globalThis.coreCases);
    await page.close();

    expect(cases.reactVersion.split('.')[0]).toBe(major);
    expect(complaints).toEqual([]);
    expect(cases.subscriptions.filter((subscription) => 'userId' in (subscription as object))).toEqual([
      { userId: 'user-1' },
      { userId: 'user-1' }, // after the restart of the server
      { userId: 'user-2' },
    ]);
    expect(cases.completed).toEqual(['job-1', 'job-1']); // two components listen
    expect(cases.shownFor).toEqual({ 'user-1': ['job-1'], 'user-2': ['job-2'] });
    expect(cases.progressText).toBe('Saving the notes, 90 %');
    expect(cases.connectionsAtTheEnd).toBe(0);
  });
});
