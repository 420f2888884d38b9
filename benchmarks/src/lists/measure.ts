/** One case in a process of its own: `node measure.js arrival` writes what it measured as JSON. */
import * as clientCases from './client-cases.ts';
import * as rowCases from './row-cases.ts';
import { week } from './week.ts';

const CASES: Readonly<Record<string, () => Promise<unknown>>> = { ...clientCases, ...rowCases, week };

console.log(JSON.stringify(await CASES[process.argv[2]!]!()));
process.exit();
