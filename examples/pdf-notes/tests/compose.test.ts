import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readApiSettings, readBalancerSettings, readWorkerSettings } from '../src/config/settings.js';

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly build?: { readonly context: string; readonly dockerfile: string };
}

// No Docker here: what can be wrong without one noticing is in the names.
const text = await readFile(new URL('../compose.yaml', import.meta.url), 'utf8');
const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Service>> };
const SETTINGS: Readonly<Record<string, (variables: Record<string, string>) => object>> = {
  'dist/api/main.js': readApiSettings,
  'dist/worker/main.js': readWorkerSettings,
  'dist/balancer/main.js': readBalancerSettings,
};

/** As Docker puts in what the shell has, or the default after `-`. */
const interpolate = (value: string, shell: Readonly<Record<string, string>>): string =>
  value.replaceAll(/\$\{(\w+)(?:(-|:\?)([^}]*))?\}/g, (_, name: string, _how: string, text = '') => shell[name] ?? text);

test.each(Object.entries(services).filter(([, { image }]) => image === 'pdf-notes'))('%s runs a program that there is, with an environment that it understands', (_name, { command, environment, build }) => {
  const [program, script = ''] = command;
  expect(program).toBe('node');
  expect(existsSync(new URL(`../${script.replace(/^dist/, 'src').replace(/js$/, 'ts')}`, import.meta.url))).toBe(true);
  expect(existsSync(new URL(`../${build?.context}/${build?.dockerfile}`, import.meta.url))).toBe(true);
  const shell = { SESSION_SECRET: 'x'.repeat(64) };
  const variables = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, interpolate(value, shell)]));
  const settings = SETTINGS[script]?.(variables);
  expect(settings).toBeDefined();
  if (settings !== undefined && 'redisUrl' in settings) expect(settings.redisUrl).toBe('redis://redis:6379');
});

test('the balancer knows each API by its name, and everything waits for what it needs', () => {
  const { apiUrls } = readBalancerSettings(services['balancer']?.environment ?? {});
  expect(apiUrls.map((url) => new URL(url).hostname)).toEqual(Object.keys(services).filter((name) => name.startsWith('api')));
  for (const { depends_on: needs = {} } of Object.values(services)) for (const name of Object.keys(needs)) expect(services).toHaveProperty([name, 'healthcheck']);
});

test('with an empty REDIS_URL everything is in PostgreSQL', () => {
  const variables = services['worker']?.environment ?? {};
  expect(readWorkerSettings({ ...variables, REDIS_URL: interpolate(variables['REDIS_URL'] ?? '', { REDIS_URL: '' }), AI_BASE_URL: '', AI_MODEL: '', AI_API_KEY: '' }).redisUrl).toBeUndefined();
});
