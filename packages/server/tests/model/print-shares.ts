/**
 * Prints, as a table of Markdown, how many schedules of the model break a promise without each of the rules, and which
 * promise most of them break. `MODEL_RUNS` and `MODEL_SEED` choose the random schedules; the directed ones are played besides.
 */
import fc from 'fast-check';
import { DIRECTED } from './directed-schedules.js';
import { allBut, allRules, RULES, type Rule, type Rules } from './rules.js';
import { play, schedules, type Step } from './schedules.js';

const numRuns = Number(process.env['MODEL_RUNS'] ?? 20_000);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const sample = fc.sample(schedules, { numRuns, seed });

function row(title: string, rules: Rules): { readonly broken: number; readonly text: string } {
  const promises = new Map<string, number>();
  const brokenOf = (played: readonly (readonly Step[])[]): number => {
    let broken = 0;
    for (const schedule of played) {
      const accusations = play(schedule, rules).judge();
      if (accusations.size > 0) broken++;
      for (const promise of accusations) promises.set(promise, (promises.get(promise) ?? 0) + 1);
    }
    return broken;
  };
  const random = brokenOf(sample);
  const directed = brokenOf(DIRECTED);
  const [most = ''] = [...promises].sort(([, a], [, b]) => b - a).map(([promise]) => promise);
  return { broken: random + directed, text: `| ${title} | ${random} | ${directed} of ${DIRECTED.length} | ${most} |` };
}

process.stderr.write(`${numRuns} schedules, seed ${seed}\n`);
print(`| without rule | broken, of ${numRuns} random | directed | mostly |\n| --- | --- | --- | --- |`);
const none = row('none', allRules);
print(none.text);
for (const rule of Object.keys(RULES).map(Number) as Rule[]) print(row(`${rule} ${RULES[rule]}`, allBut(rule)).text);
if (none.broken > 0) process.exitCode = 1;
