import { Command, InvalidArgumentError } from 'commander';

export interface DemoOptions {
  /** As given by the caller; the sample where there is none. */
  readonly file?: string;
  /** End once the notes are there, instead of staying up for the page. */
  readonly exit: boolean;
  /** One JSON object a line instead of pictures for people. */
  readonly json: boolean;
  readonly port?: number;
  /** How many processes serve the page, behind one address where there are several. */
  readonly api: number;
  readonly workers: number;
  /** Keeps the database here; otherwise it is gone when the demo ends. */
  readonly dataDir?: string;
  /** Shows the log of the API and the worker. */
  readonly verbose: boolean;
}

const DEFAULTS = { exit: false, json: false, verbose: false, api: 1, workers: 1 } as const;

/** Reads the command line. Ends the process for `--help` (0) and for what it does not understand (2). */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const command = new Command('pnpm demo')
    .description(
      'Turns a PDF into study notes and shows it live: starts PostgreSQL, the API and a worker, uploads the PDF,\n' +
        'follows the job like any browser would, prints the notes, and stays up for you to try the page.',
    )
    .option('-f, --file <pdf>', 'the PDF to take instead of the sample')
    .option('--exit', 'end when the notes are there: 0 when they were made, 1 when not')
    .option('--json', 'print every state of the job as received, one JSON object a line, then the note')
    .option('-p, --port <number>', 'the port of the page (default: 3000, or the next one that is free)', portNumber)
    .option('--api <number>', 'start so many API processes behind one address (default: 1)', processCount)
    .option('--workers <number>', 'start so many workers (default: 1)', processCount)
    .option('--data-dir <folder>', 'keep the database in this folder (default: it is removed at the end)')
    .option('--verbose', 'show the logs of the API and the worker')
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', '\nDATABASE_URL: use this PostgreSQL instead of one of its own.\nREDIS_URL: put the queues and the events into this Redis.')
    .allowExcessArguments(false)
    .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));
  return { ...DEFAULTS, ...command.parse([...args], { from: 'user' }).opts<Partial<DemoOptions>>() };
}

function processCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 16) throw new InvalidArgumentError('It is a number from 1 to 16.');
  return count;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  return port;
}
