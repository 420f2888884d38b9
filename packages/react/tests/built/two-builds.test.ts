import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const here = new URL('.', import.meta.url).pathname;

/** What Node, without a bundler or a test runner between, prints for an ES module of this package. */
async function run(script: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: here });
  return JSON.parse(stdout);
}

it.each([
  ['ES modules', 'CommonJS'],
  ['CommonJS', 'ES modules'],
])('hooks of the build as %s find the provider of the build as %s', async (hooks, provider) => {
  const html = await run(`
    import { createRequire } from 'node:module';
    import { createElement } from 'react';
    import { renderToString } from 'react-dom/server';
    import * as esm from '@notes/job-events-react';
    const builds = { 'ES modules': esm, CommonJS: createRequire(process.cwd() + '/')('@notes/job-events-react') };
    const { useJob } = builds['${hooks}'];
    const { JobEventsProvider } = builds['${provider}'];
    if (useJob === builds['${provider}'].useJob) throw new Error('They are one build.');
    const at = new Date().toISOString();
    const job = { jobId: 'job-1', status: 'active', stage: 'SAVING', progress: 40, version: [1, 0, 1, 1], createdAt: at, timestamp: at };
    const Row = () => String(useJob('job-1').job?.progress);
    const page = createElement(JobEventsProvider, { userId: 'user-1', initialJobs: [job] }, createElement(Row));
    console.log(JSON.stringify(renderToString(page)));
  `);
  expect(html).toBe('40');
});

it("only the entry for server components lacks 'use client', and it imports nothing of React", async () => {
  const read = (name: string) => readFile(new URL(`../../dist/${name}`, import.meta.url), 'utf8');
  const server = await read('server.js');
  expect(server).not.toContain('use client');
  expect([...server.matchAll(/from ["'](.*?)["']/g)].map(([, from]) => from)).toEqual(['@notes/job-events-client']);
  for (const name of ['index.js', 'tanstack.js', 'devtools/index.js']) expect(await read(name)).toMatch(/^["']use client["'];/);
});
