/**
 * Plays MODEL_RUNS random histories with all rules, and a part of them without each of the rules. Prints, as a table of
 * Markdown, how many break a promise, and which promise most of them break. `MODEL_SEED` chooses the histories.
 */
import fc from 'fast-check';
import { COSTLY, DIRECTED } from './directed.js';
import { histories, play, type History } from './histories.js';
import { allBut, allRules, RULES, type Rule, type Rules } from './rules.js';

const numRuns = Number(process.env['MODEL_RUNS'] ?? 100_000);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PART = Math.min(numRuns, 500);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function* sampled(count: number): Iterable<History> {
  // In parts, so that not all of them are kept.
  for (let done = 0; done < count; done += 1_000) yield* fc.sample(histories, { numRuns: Math.min(1_000, count - done), seed: seed + done });
}

async function row(title: string, rules: Rules, count: number): Promise<number> {
  const promises = new Map<string, number>();
  let broken = 0;
  const written = rules === allRules || !rules(6) ? [...DIRECTED, ...COSTLY] : DIRECTED;
  for (const history of written) await note(history);
  for (const history of sampled(count)) await note(history);
  const [most = ''] = [...promises].sort(([, a], [, b]) => b - a).map(([promise]) => promise);
  const total = count + written.length;
  print(`| ${title} | ${broken} of ${total} | ${most} |`);
  return broken;

  async function note(history: History): Promise<void> {
    const { cases, broken: accusations } = await play(history, rules);
    if (cases.length === 0) return;
    broken++;
    if (rules === allRules) process.stderr.write(`${cases.join('; ')}\n  ${JSON.stringify(history)}\n`);
    for (const promise of accusations) promises.set(promise, (promises.get(promise) ?? 0) + 1);
  }
}

process.stderr.write(`${numRuns} histories, seed ${seed}\n`);
print('| without rule | broken | mostly |\n| --- | --- | --- |');
for (const rule of Object.keys(RULES).map(Number) as Rule[]) if ((await row(`${rule} ${RULES[rule]}`, allBut(rule), PART)) === 0) process.exitCode = 1;
if ((await row('none', allRules, numRuns)) > 0) process.exitCode = 1;
