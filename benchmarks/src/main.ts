import { Command, InvalidArgumentError } from 'commander';
import { describeMachine } from './machine.ts';
import { runFanout } from './fanout/run-fanout.ts';
import { runLists } from './lists/run-lists.ts';
import { printSizes } from './sizes/print-sizes.ts';

const atLeastNine = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 9) throw new InvalidArgumentError('Give a whole number of at least 9.');
  return value;
};

const program = new Command('bench').description('What the library costs, measured beside what it replaces.');

program
  .command('fanout', { isDefault: true })
  .description('CPU per useful delivery of emitter and gateway, against a raw emit to both rooms and against two emits.')
  .option('--repetitions <n>', 'interleaved repetitions of each variant', atLeastNine, 21)
  .option('--jobs <n>', 'jobs, each with its user; every second user has a second socket', Number, 1_000)
  .option('--rounds <n>', 'events for each job in one repetition', Number, 20)
  .action(async (options: { repetitions: number; jobs: number; rounds: number }) => {
    console.log(await describeMachine());
    await runFanout(options);
  });

program
  .command('sizes')
  .description('What a page downloads for the client, the hook and the tabs, beside socket.io-client and beside the peers, in bytes.')
  .action(async () => {
    console.log(await describeMachine());
    await printSizes();
  });

program
  .command('lists')
  .description('Main thread time, memory and storage with thousands of jobs, beside an earlier commit.')
  .option('--repetitions <n>', 'processes for each case and version, which take turns', Number, 5)
  .option('--base <commit>', 'what is compared with', 'c440ce7')
  .option('--only <text>', 'the cases with this in their names, as rows', '')
  .action(async (options: { repetitions: number; base: string; only: string }) => {
    console.log(await describeMachine());
    await runLists(options);
  });

await program.parseAsync();
