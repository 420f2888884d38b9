import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bundle } from './bundle.ts';
import type { RowTimes } from './row-cases.ts';
import { median } from './statistics.ts';
import type { WeekOfPage } from './week.ts';

interface ListOptions {
  readonly repetitions: number;
  /** The commit that the sources as they are now are compared with. */
  readonly base: string;
  /** Part of the names of the cases that are run. */
  readonly only: string;
}

interface Row<Measured> {
  readonly title: string;
  /** The most that it may be. */
  readonly goal?: number;
  /** What does not vary is measured once. */
  readonly isExact?: true;
  /** The values to print, by what they are. */
  readonly read: (measured: Measured) => number;
}

const itself = (measured: number): number => measured;
const row = (title: string, goal?: number): Row<number> => ({ title, read: itself, ...(goal !== undefined && { goal }) });
const exact = (title: string): Row<number> => ({ title, read: itself, isExact: true });
const rowTimes = (title: string, goal?: number): Row<RowTimes>[] => [
  { title: `${title}, ms`, read: ({ ms }) => ms, ...(goal !== undefined && { goal }) },
  { title: `${title}, renders`, read: ({ renders }) => renders, goal: 1 },
  { title: `${title}, heap for each row, bytes`, read: ({ bytes }) => bytes },
];
const ofWeek = (title: string, name: keyof WeekOfPage): Row<WeekOfPage>[] =>
  ['a day', 'a week'].map((time, index) => ({ title: `${title} after ${time}`, isExact: true, read: (measured) => measured[name][index]! }));

/** By the case that is run for them, see `measure.ts`. */
const ROWS: Readonly<Record<string, readonly Row<any>[]>> = {
  arrival: [row('10,000 jobs arrive, ms', 150)],
  eventWithoutReader: [row('an event among 10,000, nobody reads the list, ms', 0.1)],
  eventWithReader: [row('an event among 10,000, the list is read, ms', 0.1)],
  rowsOfOneParent: rowTimes('an event, 5,000 useJob rows of one parent', 0.5),
  bareRowsOfOneParent: rowTimes('the same page on a bare store'),
  rowsInGroups: rowTimes('an event, 5,000 useJob rows in groups of 50', 0.5),
  bareRowsInGroups: rowTimes('the same page on a bare store'),
  memory: [exact('heap for each of 10,000 jobs, bytes')],
  memoryOfStates: [exact('of these the state alone, bytes')],
  storageKept: [exact('storage for each of 2,000 tracked jobs that ended, bytes')],
  storageWritten: [exact('written for 2,000 tracked jobs that ended, MB')],
  week: [
    ...ofWeek('100 jobs an hour: heap, bytes', 'heap'),
    ...ofWeek('100 jobs an hour: storage, bytes', 'stored'),
    ...ofWeek('100 jobs an hour: jobs in the list', 'listed'),
    ...ofWeek('100 jobs an hour: jobs that are tracked', 'tracked'),
  ],
};

/** Runs every case in processes of their own, before and after in turn, and prints the minimum and the median of each. */
export async function runLists({ repetitions, base, only }: ListOptions): Promise<void> {
  const programs = { before: await bundle(base), after: await bundle() };
  console.log(`lists: before is ${base}, after are the sources as they are; minimum and median of ${repetitions} processes each`);
  console.log(line('', 'before', 'after', 'goal'));
  for (const [name, rows] of Object.entries(ROWS)) {
    if (!name.toLowerCase().includes(only.toLowerCase())) continue;
    const times = rows.every(({ isExact }) => isExact) ? 1 : repetitions;
    const measured: Record<keyof typeof programs, unknown[]> = { before: [], after: [] };
    for (let repetition = 0; repetition < times; repetition++)
      for (const version of ['before', 'after'] as const) measured[version].push(await run(programs[version], name));
    for (const { title, goal, read } of rows)
      console.log(line(title, shown(measured.before.map(read)), shown(measured.after.map(read)), goal === undefined ? '' : `≤ ${goal}`));
  }
}

async function run(program: string, name: string): Promise<unknown> {
  // React too as it is in production.
  const env = { ...process.env, NODE_ENV: 'production' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, name], { env });
  return JSON.parse(stdout);
}

function shown(values: readonly number[]): string {
  const [least, middle] = [Math.min(...values), median(values)].map(rounded);
  return values.length === 1 || least === middle ? middle! : `${least} / ${middle}`;
}

/** Three digits that count. */
const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString();

const line = (title: string, before: string, after: string, goal: string): string =>
  `| ${title.padEnd(76)} | ${before.padStart(16)} | ${after.padStart(16)} | ${goal.padStart(6)} |`;
