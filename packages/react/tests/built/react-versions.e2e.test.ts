import { describeWith, launchChromium } from '@notes/test-kit';
import { build, type BuildOptions } from 'esbuild';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { HookCases } from './hook-cases.js';

const here = new URL('./', import.meta.url).pathname;

interface ReactPackages {
  readonly react: string;
  readonly reactDom: string;
  readonly major: string;
}

const VERSIONS: readonly ReactPackages[] = [
  { react: 'react', reactDom: 'react-dom', major: '19' },
  { react: 'react-18', reactDom: 'react-dom-18', major: '18' },
];

/** A script on what is built, as applications get it, with the React of one version. */
async function bundle(entry: string, { react, reactDom }: ReactPackages, target: Pick<BuildOptions, 'platform' | 'format'>) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    logLevel: 'error',
    jsx: 'automatic',
    alias: { react, 'react-dom': reactDom },
    define: { 'process.env.NODE_ENV': '"development"' },
    ...target,
  });
  return outputFiles[0]!.text;
}

const forBrowser = (entry: string, version: ReactPackages) => bundle(entry, version, { platform: 'browser', format: 'iife' });

/** What a server with this React sends for the page that is rendered on both sides. */
async function renderOnServer(version: ReactPackages): Promise<{ reactVersion: string; html: string }> {
  const script = await bundle('rendered-on-server.tsx', version, { platform: 'node', format: 'cjs' });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', script)(module, module.exports, createRequire(import.meta.url));
  return module.exports as { reactVersion: string; html: string };
}

describeWith(['chromium'], 'the built packages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  describe.each(VERSIONS)('with React $major', (version) => {
    let page: Page;
    let complaints: string[];
    let hookCases: string;
    beforeAll(async () => {
      hookCases = await forBrowser('hook-cases.tsx', version);
    });
    beforeEach(async () => {
      page = await browser.newPage();
      complaints = [];
      page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
    });
    afterEach(async () => {
      await page.close();
      expect(complaints).toEqual([]);
    });

    /** Runs one case in the page and hands over what came of it. */
    async function run<Name extends keyof HookCases>(name: Name): Promise<Awaited<ReturnType<HookCases[Name]>>> {
      await page.addScriptTag({ content: hookCases });
      return page.evaluate((wanted) => globalThis.hookCases[wanted]() as never, name);
    }

    it('the hooks subscribe once, call once and forget the user before', async () => {
      await page.addScriptTag({ content: await forBrowser('core-cases.tsx', version) });
      const cases = await page.evaluate(() => globalThis.coreCases);
      expect(cases.reactVersion.split('.')[0]).toBe(version.major);
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

    it('a component that is mounted late has the jobs in its first render, and gets the end that waited for it once', async () => {
      expect(await run('lateMount')).toEqual({
        rendered: ['job-1 completed'],
        completed: ['job-1'],
        subscriptions: [{ userId: 'user-1' }, { jobId: 'job-1' }], // of the provider, and of what is tracked
      });
    });

    it('a page that goes away at any moment of connecting leaves no connection', async () => {
      const { statesAtUnmount, left } = await run('unmountInMidConnect');
      expect(statesAtUnmount).toEqual(['CONNECTING', 'CONNECTED']);
      expect(left).toEqual(['DISCONNECTED, 0 connections']);
    });

    it('useJob shows the other job at once when the id changes, and lets go of the first', async () => {
      expect(await run('changedJob')).toEqual({
        rendered: ['job-1: undefined', 'job-1: job-1', 'job-2: undefined', 'job-2: job-2', 'undefined: undefined'],
        subscriptions: [{ userId: 'user-1' }, { jobId: 'job-1' }, { jobId: 'job-2' }],
        released: [{ jobId: 'job-1' }, { jobId: 'job-2' }],
      });
    });

    it('inline handlers do not subscribe again, and the newest is called', async () => {
      expect(await run('inlineHandlers')).toEqual({ requests: [], registrations: 0, called: [10] });
    });

    it('what a server rendered is taken over without a warning, and goes on from there', async () => {
      const { reactVersion, html } = await renderOnServer(version);
      expect(reactVersion.split('.')[0]).toBe(version.major);
      expect(html).toContain('<b>40</b>');
      await page.setContent(`<div id="rendered">${html}</div>`);
      expect(await run('hydration')).toEqual({ recoverable: [], shownNothing: [], keptItsElements: true, atTheEnd: '90' });
    });

    it('useJobSuspense waits until the job is known, follows it, and does not wait for one that is known', async () => {
      expect(await run('suspense')).toEqual({ shown: ['waiting', '40', '90', '90'] });
    });

    it('the client of a provider has the functions of the newest render, and is closed once when the provider is removed', async () => {
      expect(await run('ownClient')).toEqual({ isSameClient: true, closedBefore: 0, closed: 1 });
    });

    it('one row of 200 renders when one job changes, and none is asked for by its id', async () => {
      expect(await run('oneOfManyJobs')).toEqual({
        rows: 200,
        renderedAgain: ['job-77 90'],
        subscriptions: [{ userId: 'user-1' }],
      });
    });
  });
});
