/**
 * Prints, as a table of Markdown, how many schedules of the model break a promise without each of the rules, and which
 * promise most of them break. `MODEL_RUNS` and `MODEL_SEED` choose the schedules.
 */
import fc from 'fast-check';
import { allBut, allRules, RULES, type Rule, type Rules } from './rules.js';
import { play, schedules } from './schedules.js';

const numRuns = Number(process.env['MODEL_RUNS'] ?? 20_000);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const sample = fc.sample(schedules, { numRuns, seed });

function row(title: string, rules: Rules): { readonly broken: number; readonly text: string } {
  const promises = new Map<string, number>();
  let broken = 0;
  for (const schedule of sample) {
    const accusations = play(schedule, rules).judge();
    if (accusations.size > 0) broken++;
    for (const promise of accusations) promises.set(promise, (promises.get(promise) ?? 0) + 1);
  }
  const [most = ''] = [...promises].sort(([, a], [, b]) => b - a).map(([promise]) => promise);
  const share = broken === 0 ? '0' : `${((100 * broken) / numRuns).toFixed(1)} %`;
  return { broken, text: `| ${title} | ${share} | ${most} |` };
}

process.stderr.write(`${numRuns} schedules, seed ${seed}\n`);
print('| without rule | broken | mostly |\n| --- | --- | --- |');
const none = row('none', allRules);
print(none.text);
for (const rule of Object.keys(RULES).map(Number) as Rule[]) print(row(`${rule} ${RULES[rule]}`, allBut(rule)).text);
if (none.broken > 0) process.exitCode = 1;
