import { readFile } from 'node:fs/promises';
import { describeWith, launchChromium, spawnNode } from '@notes/test-kit';
import { expect, test } from 'vitest';

const file = (name: string): Promise<string> => readFile(new URL(`../${name}`, import.meta.url), 'utf8');
const isCode = (line: string): boolean => line.trim() !== '';

test('the quick start of the README is this code, word for word, and less than a hundred lines of it', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const [server, page] = await Promise.all([file('server.mjs'), file('page.html')]);
  expect(readme).toContain(`\`\`\`js\n${server}\`\`\``);
  expect(readme).toContain(`\`\`\`html\n${page}\`\`\``);
  expect(`${server}${page}`.split('\n').filter(isCode).length).toBeLessThan(100);
});

describeWith(['chromium'], 'in a browser', () => {
  test('a job is seen to its end in two tabs, and another one is cancelled', { timeout: 60_000 }, async () => {
    await using server = spawnNode(new URL('../server.mjs', import.meta.url), { env: { PORT: '0' }, built: true });
    const url = await server.waitForLine(/^http:/);
    await using browser = await launchChromium();
    const context = await browser.newContext();
    const [first, second] = [await context.newPage(), await context.newPage()];
    const errors: string[] = [];
    for (const tab of [first, second]) {
      tab.on('pageerror', (error) => errors.push(error.message));
      await tab.goto(url);
    }
    await first.getByRole('button', { name: 'Begin' }).click();
    for (const stage of ['DOWNLOADING, 0 %', 'EXTRACTING_TEXT, 33 %', 'GENERATING_NOTES, 67 %']) await Promise.all([first.getByText(stage).waitFor(), second.getByText(stage).waitFor()]);
    for (const tab of [first, second]) await tab.getByText('Done: 12 pages.').waitFor();

    await second.getByRole('button', { name: 'Begin' }).click();
    await first.getByText('EXTRACTING_TEXT').waitFor();
    await second.getByRole('button', { name: 'Cancel' }).click();
    for (const tab of [first, second]) await tab.getByText('Cancelled.').waitFor();
    expect(errors).toEqual([]);
  });
});
